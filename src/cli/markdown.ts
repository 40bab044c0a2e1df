/**
 * Renders the Markdown of this package's pages as HTML: headings, paragraphs, lists, tables, code, and
 * links inside the page or to other hosts. Relative links become text, since a hosted page has no neighbours.
 */
export function renderMarkdown(markdown: string): string {
  const blocks = markdown.replaceAll(/<!--[\s\S]*?-->/g, '').matchAll(block)
  return [...blocks].map(([text, code]) => renderBlock(text.trim(), code)).join('\n')
}

/** A fence, whose code is the first group, or lines up to an empty one. */
const block = /^```.*\n([\s\S]*?)^```$|^\S.*(?:\n(?!```).*\S.*)*/gm

function renderBlock(text: string, code: string | undefined): string {
  if (code !== undefined) return `<pre><code>${escape(code)}</code></pre>`
  const [, marks = '', title = ''] = /^(#{1,6}) (.*)$/.exec(text) ?? []
  if (marks !== '') return heading(marks.length, title)
  const lines = text.split('\n')
  if (lines[0]?.startsWith('|') === true) return table(lines)
  if (lines[0]?.startsWith('- ') === true) return list(lines)
  return `<p>${inline(lines.join(' '))}</p>`
}

function heading(level: number, title: string): string {
  const id = title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(/\s/g, '-')
  return `<h${level} id="${id}">${inline(title)}</h${level}>`
}

function table([head = '', , ...rows]: readonly string[]): string {
  const body = rows.map((line) => tableRow(line, 'td'))
  return `<table>\n<thead>${tableRow(head, 'th')}</thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>`
}

function tableRow(line: string, cell: 'td' | 'th'): string {
  const cells = line.replaceAll(/^\||\|$/g, '').split(/(?<!\\)\|/)
  const written = cells.map((text) => `<${cell}>${inline(text.trim())}</${cell}>`)
  return `<tr>${written.join('')}</tr>`
}

function list(lines: readonly string[]): string {
  const items = lines.map((line) => `<li>${inline(line.replace(/^- /, ''))}</li>`)
  return `<ul>\n${items.join('\n')}\n</ul>`
}

/** Code, bold text and links. */
const span = /`([^`]+)`|\*\*([^*]+)\*\*|\[((?:[^\]`]|`[^`]*`)+)\]\(([^)\s]+)\)/g

function inline(text: string): string {
  let html = ''
  let end = 0
  for (const { index, 0: all, 1: code, 2: bold, 3: label = '', 4: target = '' } of text.matchAll(
    span,
  )) {
    html += escape(text.slice(end, index))
    end = index + all.length
    if (code !== undefined) html += `<code>${escape(code)}</code>`
    else if (bold !== undefined) html += `<strong>${inline(bold)}</strong>`
    else if (/^(?:#|https?:)/.test(target)) {
      html += `<a href="${escape(target)}">${inline(label)}</a>`
    } else html += inline(label)
  }
  return html + escape(text.slice(end))
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(String.raw`\|`, '|')
}
