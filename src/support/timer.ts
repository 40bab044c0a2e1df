/** In seconds, about 24 days: Node fires a longer timer at once (https://nodejs.org/api/timers.html). */
export const longestTimer = 2_147_483
