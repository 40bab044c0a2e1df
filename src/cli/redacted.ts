/** Removes credentials and query values from the URLs in `text`, which may be logged. */
export function redacted(text: string): string {
  return text
    .replaceAll(/\/\/[^\s"]*@/g, '//***@')
    .replaceAll(/([?&](?!name\[\]=)[^=&\s"]*=)[^&\s"]*/g, '$1***')
}
