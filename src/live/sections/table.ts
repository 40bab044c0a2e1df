/** A number with its text; browsers sort by the number. */
export interface NumberCell {
  /** Undefined numbers sort last. */
  readonly value: number | null
  readonly text: string
  /** Parts of a bar, each from 0 to 1. */
  readonly bar?: readonly number[]
}

export interface LinkCell {
  readonly text: string
  /** Relative to the page. */
  readonly href: string
}

export type Cell = string | NumberCell | LinkCell

export interface Column {
  readonly label: string
  readonly kind: 'text' | 'code' | 'number' | 'bar' | 'link'
  /** What the column shows, in a sentence. */
  readonly title?: string
}

/** A table of the page. HTML, plain text and the browser's script render it. */
export interface Table {
  readonly id: string
  readonly caption: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
  /** Shown in place of rows. */
  readonly empty: string
  /** The meaning of a bar's parts, in their order. */
  readonly legend?: readonly string[]
  /** Whether readers search in it. */
  readonly filter?: boolean
}

/** A part of the page with its heading. */
export interface Section {
  readonly id: string
  readonly title: string
  /** What the numbers cover: this process or all workers. */
  readonly coverage: string
  readonly notes: readonly string[]
  readonly tables: readonly Table[]
}

export function isNumberCell(cell: Cell): cell is NumberCell {
  return typeof cell === 'object' && 'value' in cell
}
