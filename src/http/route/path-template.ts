/** What is left of a path after the part that a template is for, or nothing where it is for another. */
export function restAfter(template: string, path: string): string | undefined {
  const expected = withoutSlash(template).split('/')
  const given = path.split('/')
  const isAt = expected.every(
    (segment, index) =>
      index < given.length &&
      (segment.startsWith(':') || segment.toLowerCase() === given[index]?.toLowerCase()),
  )
  return isAt ? ['', ...given.slice(expected.length)].join('/') : undefined
}

export function tidy(path: string): string {
  return withoutSlash(path.replaceAll(/\/{2,}/g, '/')) || '/'
}

export function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
