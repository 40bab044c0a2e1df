// CommonJS on purpose: only `require` in `try` makes a package optional, loads it synchronously on
// demand, and is still found by bundlers, which then use the application's copy.

/** @returns the exports of the installed metrics library, prom-client first; undefined if neither is installed */
exports.loadMetricsLibrary = function loadMetricsLibrary() {
  try {
    return require('prom-client')
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
  }
  try {
    return require('@prometheus-io/client')
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
  }
  return undefined
}
