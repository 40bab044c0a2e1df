/** What the exposition formats do differently. */
export interface Dialect {
  /**
   * How a family is called and typed in its comments; its samples keep their names. `isTaken` tells
   * whether another family has a name.
   */
  heading(name: string, type: string, isTaken: (name: string) => boolean): Heading
  /** The comment lines before a family's samples. */
  comments(quotedName: string, type: string, help: string): string
  /** A number in a label: `le`, `quantile`. */
  bound(value: number): string
  /** Whether the format has a place for such a sample. */
  admits(type: string, suffix: string, value: number): boolean
  /** Whether exemplars are written. */
  readonly exemplars: boolean
  /** The body's last line. */
  readonly end: string
}

export interface Heading {
  readonly name: string
  readonly type: string
}
