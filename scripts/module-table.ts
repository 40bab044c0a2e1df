import { modules } from './modules.ts'

/** The modules of `src/` as a Markdown table, lowest first. */
export function moduleTable(): string {
  const rows = Object.entries(modules).map(([name, { purpose, imports }]) => {
    const above =
      imports.length === 0 ? 'nothing' : imports.map((other) => `\`${other}\``).join(' ')
    return `| \`src/${name}\` | ${purpose} | ${above} |`
  })
  return ['| module | holds | imports |', '| --- | --- | --- |', ...rows].join('\n')
}
