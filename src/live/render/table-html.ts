import {
  type Cell,
  type Column,
  isNumberCell,
  type Section,
  type Table,
} from '../sections/table.ts'
import { escapeHtml as escape } from './escape.ts'

/** Rows that the page shows without a filter; the script adds the others on demand. */
const shownRows = 50

export function sectionHtml(section: Section, base: string): string {
  const { id, title, coverage, notes, tables } = section
  return `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${escape(title)} <span class="coverage">${escape(coverage)}</span></h2>
${notes.map((note) => `<p class="note">${escape(note)}</p>\n`).join('')}${tables.map((table) => tableHtml(table, base)).join('\n')}
</section>`
}

export function tableHtml(table: Table, base: string): string {
  const { id, caption, columns, rows, empty, legend } = table
  const head = columns.map(columnHtml).join('')
  const body =
    rows.length === 0
      ? `<tr><td colspan="${columns.length}" class="empty">${escape(empty)}</td></tr>`
      : rows
          .slice(0, shownRows)
          .map(
            (row) =>
              `<tr>${row.map((cell, index) => cellHtml(cell, columns[index], index, base)).join('')}</tr>`,
          )
          .join('\n')
  const more =
    rows.length > shownRows
      ? `<p class="note">${shownRows} of ${rows.length} rows are shown.</p>`
      : ''
  return `<div class="scroller" tabindex="0" role="region" aria-label="${escape(caption)}">
<table id="${id}">
<caption>${escape(caption)}${legendHtml(legend)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody>
</table>
</div>${more}`
}

function legendHtml(legend: Table['legend'] = []): string {
  return legend
    .map((part, index) => ` <span class="legend part-${index}">${escape(part)}</span>`)
    .join('')
}

function columnHtml({ label, kind, title }: Column): string {
  const numeric = kind === 'number' ? ' class="number"' : ''
  const description = title === undefined ? '' : ` title="${escape(title)}"`
  return `<th scope="col"${numeric}${description}>${escape(label)}</th>`
}

function cellHtml(cell: Cell, column: Column | undefined, index: number, base: string): string {
  const content = contentHtml(cell, column, base)
  if (index === 0) return `<th scope="row">${content}</th>`
  return column?.kind === 'number' ? `<td class="number">${content}</td>` : `<td>${content}</td>`
}

function contentHtml(cell: Cell, column: Column | undefined, base: string): string {
  if (typeof cell === 'string') {
    return column?.kind === 'code' ? `<code>${escape(cell)}</code>` : escape(cell)
  }
  if (!isNumberCell(cell)) return `<a href="${escape(base + cell.href)}">${escape(cell.text)}</a>`
  if (cell.bar === undefined) return escape(cell.text)
  return `${barHtml(cell.bar)} <span class="bar-text">${escape(cell.text)}</span>`
}

/** A bar without style attributes, which the page's policy forbids. */
function barHtml(parts: readonly number[]): string {
  let start = 0
  const rectangles = parts.map((part, index) => {
    const x = start
    start += part * 100
    return `<rect class="part-${index}" x="${x.toFixed(2)}" width="${(part * 100).toFixed(2)}" height="10"/>`
  })
  return `<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${rectangles.join('')}</svg>`
}
