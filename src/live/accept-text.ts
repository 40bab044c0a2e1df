/**
 * Whether the reader asks for plain text, as `curl -H 'accept: text/plain'` does. Browsers and curl's
 * own header get HTML.
 */
export function prefersText(accept: string | undefined): boolean {
  if (accept === undefined) return false
  const types = new Set(
    accept.split(',').map((part) => part.split(';', 1)[0]?.trim().toLowerCase()),
  )
  return types.has('text/plain') && !types.has('text/html')
}
