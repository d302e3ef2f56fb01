/** The limits of files. Everything that checks or states one takes it from here; docs/limits.md lists them for users. */
export const FILE_LIMITS = Object.freeze({
  /** Bytes of any file of a run. */
  file: 1024 ** 3,
  /** Bytes of all files that one query reads as tables. */
  tables: 500_000_000,
  /** Characters of a JSON file that is read as a table and is not a list: it must be in memory as a whole. */
  jsonChars: 32_000_000,
  /** Bytes of all files that one chart loads. */
  chartData: 20_000_000,
  /** Characters that one call of `readFile` returns. */
  readChars: 900_000,
  /**
   * Characters of the content that `writeArtifact` takes, as JSON. With its name, it fits into the argument of a call from
   * code (`argumentChars`).
   */
  writeChars: 250_000,
  /** Bytes of the SVG or PNG of a chart. */
  chartFile: 32_000_000,
})
