import { z } from 'zod'

/** The name of a file that a task writes: it may end up in a folder on somebody's disk. */
export const fileNameSchema = z.string().regex(
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  /^(?!\.)[^/\\:*?"<>|\u0000-\u001f]{1,200}$/,
  'wanted a file name of at most 200 characters, without folders, not beginning with a dot',
)
