import { z } from 'zod'

const milliseconds = z.number().int().positive()

/** A model with settings, as it may stand in the configuration in place of a plain `provider/model`. */
export const modelSettingsSchema = z.strictObject({
  /** `provider/model`, `scripted:<file>`, `command:<program>`, `human`, or another alias. */
  model: z.string().min(1),
  /** Asked in this order when the model gives no reply. Their own fallbacks are not followed. */
  fallbacks: z.array(z.string().min(1)).optional(),
  /** Overrides the provider's address. */
  baseURL: z.url().optional(),
  /** Variable that holds the key. Keys themselves never stand in a configuration. */
  keyVariable: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** False asks for whole replies instead of streams. */
  stream: z.boolean().optional(),
  /** Ollama: the largest context that may be asked for, in tokens. */
  contextTokens: z.number().int().positive().optional(),
  /** Ollama: thinking on, off or a level. */
  think: z.union([z.boolean(), z.enum(['high', 'medium', 'low'])]).optional(),
  /** Ollama: how long the model stays loaded. */
  keepAlive: z.union([z.string(), z.number()]).optional(),
  /** For requests that name none. */
  temperature: z.number().nonnegative().optional(),
  /** Upper bound of completion tokens; a request may ask for fewer. */
  maxOutputTokens: z.number().int().positive().optional(),
  /** Milliseconds for one attempt. */
  timers: z
    .strictObject({
      firstByteMs: milliseconds.exactOptional(),
      idleMs: milliseconds.exactOptional(),
      totalMs: milliseconds.exactOptional(),
    })
    .optional(),
  /** Attempts in all, default 4. 1 switches retries off. */
  attempts: z.number().int().positive().optional(),
  /** Calls at once, of all processes that share their slots. Default: 16; Ollama 1, or `OLLAMA_NUM_PARALLEL`. */
  concurrency: z.number().int().positive().optional(),
  /** US dollars for a million tokens, where the price list does not know the model. */
  price: z
    .strictObject({
      input: z.number().nonnegative(),
      output: z.number().nonnegative(),
      cached: z.number().nonnegative().optional(),
    })
    .optional(),
})
export type ModelSettings = z.infer<typeof modelSettingsSchema>

/** Aliases of a configuration: `{ fast: 'ollama/qwen3:8b', strong: { model: 'openai/gpt-5', fallbacks: ['fast'] } }`. */
export const modelAliasesSchema = z.record(
  z.string(),
  z.union([z.string().min(1), modelSettingsSchema], {
    // What is wrong inside an object is told by its own schema.
    error: ({ input }) =>
      typeof input === 'object' && input !== null
        ? undefined
        : 'wanted "provider/model", or { model: "provider/model", … }',
  }),
)
export type ModelAliases = z.infer<typeof modelAliasesSchema>
