import type { Cell, Section, Table } from '../sections/table.ts'
import type { View } from '../view.ts'
import { stateWords } from './lights-html.ts'
import { timeOf } from './plots-html.ts'

/** The page for a terminal. */
export function pageText(view: View, wanted: string | undefined): string {
  const clients = view.clients.filter(({ client }) => wanted === undefined || client === wanted)
  const parts = clients.map(({ client, lights, sections }) =>
    [
      `Client ${oneLine(client)}`,
      '',
      'Status',
      ...lights.map(
        ({ alert, state, sentence, threshold, window }) =>
          `  ${stateWords[state].padEnd(9)} ${alert}: ${oneLine(sentence)} (fires at ${threshold}, ${window})`,
      ),
      ...sections.flatMap(sectionLines),
    ].join('\n'),
  )
  return `Prisma, live: ${timeOf(view.time / 1000)} UTC, ${view.coverage}\n\n${parts.join('\n\n')}\n`
}

function sectionLines({ title, notes, tables }: Section): string[] {
  return ['', title, ...notes.map((note) => `  ${note}`), ...tables.flatMap(tableLines)]
}

function tableLines({ caption, columns, rows, empty }: Table): string[] {
  const shown = columns.flatMap((column, index) => (column.kind === 'link' ? [] : [index]))
  const lines = [
    shown.map((index) => columns[index]?.label ?? ''),
    ...rows.map((row) => shown.map((index) => textOf(row[index] ?? ''))),
  ]
  const widths = shown.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  const written = lines.map((line) =>
    `  ${line.map((text, at) => text.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd(),
  )
  return ['', `  ${caption}`, ...(rows.length === 0 ? [`  ${empty}`] : written)]
}

function textOf(cell: Cell): string {
  return oneLine(typeof cell === 'string' ? cell : cell.text)
}

/** A terminal must not run control sequences of a label. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
}
