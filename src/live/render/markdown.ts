import { escapeHtml as escape } from './escape.ts'

/** The part of Markdown that the runbooks use: headings, paragraphs, lists, tables, code, links. */
export function markdownHtml(markdown: string): string {
  return blocksOf(markdown.replaceAll(/<!--.*?-->/gs, ''))
    .map(blockHtml)
    .join('\n')
}

/** Blocks are separated by empty lines, except in fences. */
function blocksOf(markdown: string): string[] {
  const blocks: string[] = []
  let lines: string[] = []
  let fenced = false
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) fenced = !fenced
    if (line !== '' || fenced) {
      lines.push(line)
    } else if (lines.length > 0) {
      blocks.push(lines.join('\n'))
      lines = []
    }
  }
  return lines.length > 0 ? [...blocks, lines.join('\n')] : blocks
}

function blockHtml(block: string): string {
  const text = block.trim()
  const heading = /^(#{1,6}) (.*)$/.exec(text)
  if (heading !== null) {
    const level = heading[1]?.length ?? 1
    const title = heading[2] ?? ''
    return `<h${level} id="${anchorOf(title)}">${inline(title)}</h${level}>`
  }
  const code = /^```\w*\n([\s\S]*?)\n?```$/.exec(text)
  if (code !== null) return `<pre><code>${escape(code[1] ?? '')}</code></pre>`
  if (text.startsWith('|')) return tableOf(text.split('\n'))
  if (text.startsWith('- ')) {
    const items = text.split(/\n(?=- )/).map((item) => `<li>${inline(item.slice(2))}</li>`)
    return `<ul>${items.join('')}</ul>`
  }
  return text === '' ? '' : `<p>${inline(text)}</p>`
}

function tableOf(lines: readonly string[]): string {
  const [head = '', , ...rows] = lines
  const body = rows.map((line) => rowOf(line, 'td')).join('')
  return `<div class="scroller" tabindex="0"><table><thead>${rowOf(head, 'th')}</thead><tbody>${body}</tbody></table></div>`
}

function rowOf(line: string, tag: 'td' | 'th'): string {
  const cells = line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => inline(cell.trim().replaceAll(String.raw`\|`, '|')))
  return `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
}

/** GitHub's anchor of a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}

const inlinePattern = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)/g

function inline(text: string): string {
  let html = ''
  let end = 0
  for (const match of text.matchAll(inlinePattern)) {
    const [whole, code, bold, label, href = ''] = match
    html += escape(text.slice(end, match.index))
    if (code !== undefined) html += `<code>${escape(code)}</code>`
    else if (bold !== undefined) html += `<strong>${inline(bold)}</strong>`
    else html += linkHtml(label ?? '', href)
    end = match.index + whole.length
  }
  return html + escape(text.slice(end))
}

/** Links inside the page stay links; other pages are not served here. */
function linkHtml(label: string, href: string): string {
  const isSafe = href.startsWith('#') || href.startsWith('https://')
  return isSafe ? `<a href="${escape(href)}">${inline(label)}</a>` : inline(label)
}
