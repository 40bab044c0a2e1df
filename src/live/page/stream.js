/** How long a reader without a stream waits between two snapshots, in milliseconds. */
const pollMilliseconds = 2000
const longestBackoff = 15_000

/**
 * Delivers views to `onView`: one stream for all tabs of a browser, held by a visible tab, which
 * shares what it gets. Browsers open six connections to a server at most.
 *
 * @param {string} base
 * @param {(view: object) => void} onView
 */
export function watch(base, onView) {
  const shared = new BroadcastChannel(`prisma-prometheus-live ${location.pathname}`)
  shared.addEventListener('message', ({ data }) => onView(JSON.parse(data)))
  const receive = (text) => {
    // A text is copied faster than the view.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows, not of channels
    shared.postMessage(text)
    onView(JSON.parse(text))
  }
  const snapshot = async () => {
    try {
      const response = await fetch(`${base}snapshot`)
      if (response.ok) onView(await response.json())
    } catch {
      // The page shows the age of its numbers.
    }
  }
  let leave
  const follow = () => {
    leave?.()
    if (document.hidden) return
    void snapshot()
    // Only secure contexts have locks: https, and localhost.
    leave = navigator.locks === undefined ? poll(snapshot) : lead(base, receive)
  }
  document.addEventListener('visibilitychange', follow)
  follow()
}

function poll(snapshot) {
  const timer = setInterval(() => void snapshot(), pollMilliseconds)
  return () => clearInterval(timer)
}

/** Opens the stream as soon as no other tab has it. */
function lead(base, receive) {
  const waiting = new AbortController()
  let release
  navigator.locks
    .request(
      `prisma-prometheus-live ${location.pathname}`,
      { signal: waiting.signal },
      () =>
        new Promise((resolve) => {
          const close = open(`${base}events`, receive)
          release = () => {
            close()
            resolve()
          }
        }),
    )
    .catch(() => {})
  return () => {
    waiting.abort()
    release?.()
  }
}

/** An event source that is opened again, whatever the server has answered. */
function open(url, receive) {
  let source
  let timer
  let backoff = 1000
  const connect = () => {
    source = new EventSource(url)
    source.addEventListener('message', ({ data }) => {
      backoff = 1000
      receive(data)
    })
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED) return
      timer = setTimeout(connect, backoff * (0.5 + Math.random()))
      backoff = Math.min(backoff * 2, longestBackoff)
    })
  }
  connect()
  return () => {
    clearTimeout(timer)
    source.close()
  }
}
