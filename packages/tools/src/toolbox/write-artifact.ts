import { artifactRefSchema, FILE_LIMITS, mediaTypeOf, type Tool } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { z } from 'zod'
import { fileNameSchema, type RunFiles } from './run-files.ts'

const { writeChars } = FILE_LIMITS

/** Limits a text as JSON, because that is how code passes it. */
const contentSchema = z.string().superRefine((content, context) => {
  const chars = JSON.stringify(content).length
  if (chars <= writeChars) return
  const message = `Expected at most ${writeChars} characters as JSON, found ${chars}. Split the content into several files.`
  context.addIssue({ code: 'custom', message })
})

/** `writeArtifact`: stores a file with the run. */
export function writeArtifact(files: RunFiles): Tool {
  return defineTool({
    name: 'writeArtifact',
    description: `Stores a file with this run, for the user and for later tasks. Returns a reference to it. Writing the same name again makes a new version. The content has at most ${writeChars} characters as JSON, where quotes and line breaks count twice; split longer content into several files.`,
    input: z.object({
      name: fileNameSchema.describe('with its extension, such as report.md'),
      content: contentSchema,
      encoding: z.enum(['utf8', 'base64']).default('utf8').describe('the encoding of content'),
      mediaType: z.string().max(200).optional().describe('if the extension does not say it'),
    }),
    output: artifactRefSchema,
    // The key holds the call's id, so the same call sent again replaces its file with the same bytes.
    effect: 'idempotent',
    run: ({ name, content, encoding, mediaType }, context) =>
      files.write(context, {
        name,
        mediaType: mediaType ?? mediaTypeOf(name),
        bytes: Buffer.from(content, encoding),
      }),
  })
}
