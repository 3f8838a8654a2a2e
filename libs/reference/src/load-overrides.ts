import { readFile } from 'node:fs/promises';
import { FatalError } from '@alphapulse/core';
import { type AssetOverrides, curatedOverrides, parseAssetOverrides } from '@alphapulse/market';

/**
 * The overrides that hold here: those that come with the code, and over them those of the file that
 * ASSET_OVERRIDES_FILE names, in the same format.
 * @throws FatalError `reference_file_invalid` naming file, line and column, or that the file cannot be read.
 */
export async function loadAssetOverrides(env: Readonly<Record<string, string | undefined>>): Promise<AssetOverrides> {
  const path = env.ASSET_OVERRIDES_FILE;
  if (!path) return curatedOverrides();
  let csv: string;
  try {
    csv = await readFile(path, 'utf8');
  } catch (cause) {
    throw new FatalError('reference_file_invalid', `ASSET_OVERRIDES_FILE: ${path} cannot be read`, {
      cause,
      details: { file: path },
    });
  }
  return curatedOverrides().with(parseAssetOverrides(csv, path));
}
