/** Removes credentials and query values from the URLs in `text`, which may be logged. */
export function redacted(text: string): string {
  return text.replaceAll(/[^\s"]+/g, (word) => withoutCredentials(word).replaceAll(query, '$1***'))
}

const query = /([?&](?!name\[\]=)[^=&?]*=)[^&]*/g

/** Searched by index: a regular expression would search to the end from each slash. */
function withoutCredentials(word: string): string {
  const start = word.indexOf('//') + 2
  const end = word.lastIndexOf('@')
  return start < 2 || end < start ? word : `${word.slice(0, start)}***${word.slice(end)}`
}
