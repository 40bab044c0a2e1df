// CommonJS on purpose: both builds load it, and only CommonJS knows its folder in both. A bundle for
// a platform without files has no folder, so nothing is read before a page is asked for.
const { existsSync } = require('node:fs')
const { join } = require('node:path')

/** Holds the page's own files. */
exports.pageFolder = () => __dirname

/** Holds uPlot: the build copies it beside the page. */
exports.plotFolder = () =>
  existsSync(join(__dirname, 'uPlot.iife.min.js'))
    ? __dirname
    : join(__dirname, '../../../node_modules/uplot/dist')

/** Holds the package's pages. */
exports.docsFolder = () => join(__dirname, '../../../docs')
