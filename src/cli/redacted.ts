/** `text` without the credentials and the query values of URLs: it may end in a log. */
export function redacted(text: string): string {
  return text
    .replaceAll(/\/\/[^\s"]*@/g, '//***@')
    .replaceAll(/([?&](?!name\[\]=)[^=&\s"]*=)[^&\s"]*/g, '$1***')
}
