// CommonJS on purpose: both builds load it, and only CommonJS knows its folder in both.
const { existsSync } = require('node:fs')
const { join } = require('node:path')

/** Holds the page's own files. */
exports.pageFolder = __dirname

const built = join(__dirname, 'uPlot.iife.min.js')

/** Holds uPlot: the build copies it beside the page. */
exports.plotFolder = existsSync(built)
  ? __dirname
  : join(__dirname, '../../../node_modules/uplot/dist')

/** Holds the package's pages. */
exports.docsFolder = join(__dirname, '../../../docs')
