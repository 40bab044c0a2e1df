/** The longest timer in seconds, about 24 days: Node fires a longer one immediately (https://nodejs.org/api/timers.html). */
export const longestTimer = 2_147_483
