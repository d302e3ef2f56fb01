import { artifactRefSchema, mediaTypeOf, type Tool } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { z } from 'zod'
import { fileNameSchema } from './file-name.ts'
import type { RunFiles } from './run-files.ts'

/** `writeArtifact`: keeps a file with the run. */
export function writeArtifact(files: RunFiles): Tool {
  return defineTool({
    name: 'writeArtifact',
    description:
      'Keeps a file with this run, for the user and for later tasks. Gives the reference to it. Writing a name again makes a new version.',
    input: z.object({
      name: fileNameSchema.describe('with its extension, such as report.md'),
      content: z.string(),
      encoding: z.enum(['utf8', 'base64']).default('utf8').describe('how content is written'),
      mediaType: z.string().max(200).optional().describe('where the extension does not say it'),
    }),
    output: artifactRefSchema,
    // The call's id is in the key: sent again, it replaces its file with the same bytes.
    effect: 'idempotent',
    run: ({ name, content, encoding, mediaType }, context) =>
      files.write(context, {
        name,
        mediaType: mediaType ?? mediaTypeOf(name),
        bytes: Buffer.from(content, encoding),
      }),
  })
}
