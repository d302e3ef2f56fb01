/** A size for people: `812 bytes`, `14.2 kB`, `3.1 GB`. */
export function formatBytes(size: number): string {
  if (size < 1e3) return `${size} bytes`
  if (size < 1e6) return `${(size / 1e3).toFixed(1)} kB`
  return size < 1e9 ? `${(size / 1e6).toFixed(1)} MB` : `${(size / 1e9).toFixed(1)} GB`
}
