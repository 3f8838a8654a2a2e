import { type AlphaPulseError, RejectedRecordError } from '@alphapulse/core';
import { type Formula, parseFormula } from '@alphapulse/market';
import type { Synthetic } from '@alphapulse/schemas';

/** A version of a synthetic, ready to be evaluated. */
export interface Definition {
  readonly formula: Formula;
  /** In the order of the formula's legs. */
  readonly legs: readonly {
    readonly instrumentId: string;
    /** Null for the best over all venues. */
    readonly venue: string | null;
  }[];
}

const known = new WeakMap<Synthetic, Definition | RejectedRecordError>();

/**
 * Compiles a version once. Registrars let no formula through that does not parse; another producer might.
 * @throws RejectedRecordError `formula_invalid`, `leg_unknown`
 */
export function definitionOf(synthetic: Synthetic): Definition {
  let found = known.get(synthetic);
  if (!found) {
    found = compile(synthetic);
    known.set(synthetic, found);
  }
  if (found instanceof RejectedRecordError) throw found;
  return found;
}

/** The version if it can be evaluated. */
export function usableDefinition(synthetic: Synthetic | undefined): Definition | undefined {
  if (!synthetic) return undefined;
  try {
    return definitionOf(synthetic);
  } catch (error) {
    if (error instanceof RejectedRecordError) return undefined;
    throw error;
  }
}

function compile({ name, formula: text, legs }: Synthetic): Definition | RejectedRecordError {
  try {
    const formula = parseFormula(text);
    return {
      formula,
      legs: formula.legs.map((legName) => {
        const leg = legs.find((each) => each.name === legName);
        if (!leg) throw new RejectedRecordError('leg_unknown', `formula: there is no leg ${legName}`);
        return { instrumentId: leg.instrumentId, venue: leg.venue };
      }),
    };
  } catch (cause) {
    if (!(cause instanceof RejectedRecordError)) throw cause;
    const { code, message } = cause as AlphaPulseError;
    return new RejectedRecordError(code, `synthetic ${name}: ${message}`, { cause });
  }
}
