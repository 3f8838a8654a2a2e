/** A file that a scaffold writes; `before` is undefined for a new one. Paths are relative to the repository root. */
export interface Change {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** The text of a file of the repository, undefined when it is not there. */
export type ReadFile = (path: string) => string | undefined;
