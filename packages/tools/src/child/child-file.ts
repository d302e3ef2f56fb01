/** A file that a child may read, as often as it needs to. Its bytes are sent when the child asks for them. */
export interface ChildFile {
  /** Bytes. `open` gives exactly as many. */
  readonly size: number
  open(): AsyncIterable<Uint8Array>
}

/** How often a child may ask for one file: to find its encoding, then its types, then its rows. */
export const MAX_OPENS = 3

/** A message of a child before its reply, on a line of its own: it asks for a file, or has read all that it needs. */
export type ChildMessage = { open: number } | { read: true }

/** The time that a child gets to read all of its files at a pace of so many bytes per second, milliseconds. */
export function readMs(files: readonly Pick<ChildFile, 'size'>[] = [], pace: number): number {
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  return Math.ceil((bytes * 1_000) / pace)
}
