import { InputError, parseJson } from '@bailiwick/contract'
import { z } from 'zod'

const milliseconds = z.number().int().positive()

/** A model with settings. A configuration may have it instead of a plain `provider/model`. */
const modelSettingsSchema = z.strictObject({
  /** `provider/model`, `scripted:<file>`, `command:<program>`, `human`, or another alias. */
  model: z.string().min(1),
  /** Models to ask, in this order, if the model fails. Their own fallbacks are ignored. */
  fallbacks: z.array(z.string().min(1)).optional(),
  /** Overrides the provider's address. */
  baseURL: z.url().optional(),
  /** Environment variable that holds the key. A configuration never contains a key. */
  keyVariable: z.string().optional(),
  /** Additional headers of every request. */
  headers: z.record(z.string(), z.string()).optional(),
  /** False asks for whole replies instead of streams. */
  stream: z.boolean().optional(),
  /** Ollama: the largest context that a request may ask for, in tokens. */
  contextTokens: z.number().int().positive().optional(),
  /** Ollama: thinking on, off or a level. */
  think: z.union([z.boolean(), z.enum(['high', 'medium', 'low'])]).optional(),
  /** Ollama: how long the model stays loaded. */
  keepAlive: z.union([z.string(), z.number()]).optional(),
  /** The temperature of requests that have none. */
  temperature: z.number().nonnegative().optional(),
  /** Upper bound of completion tokens. A request may have a lower one. */
  maxOutputTokens: z.number().int().positive().optional(),
  /** Milliseconds for one attempt. */
  timers: z
    .strictObject({
      firstByteMs: milliseconds.exactOptional(),
      idleMs: milliseconds.exactOptional(),
      totalMs: milliseconds.exactOptional(),
    })
    .optional(),
  /** Milliseconds for which a busy server (429, 503, 529) is asked again if the task has no deadline. Default 600,000. */
  retryMs: milliseconds.optional(),
  /** Attempts in all. Default: 4 that fail for another reason than a busy server. 1 switches retries off. */
  attempts: z.number().int().positive().optional(),
  /** The largest number of calls at once, in all processes that share slots. Default: 16; for Ollama 1, or `OLLAMA_NUM_PARALLEL`. */
  concurrency: z.number().int().positive().optional(),
  /** US dollars for a million tokens, for a model that the price list does not have. */
  price: z
    .strictObject({
      input: z.number().nonnegative(),
      output: z.number().nonnegative(),
      cached: z.number().nonnegative().optional(),
    })
    .optional(),
})
/** A model with its settings, as an alias of the configuration may name it. */
export type ModelSettings = z.infer<typeof modelSettingsSchema>

/**
 * Schema of a configuration's model aliases.
 *
 * @example
 * ```ts
 * const aliases = modelAliasesSchema.parse({
 *   fast: 'ollama/qwen3:8b',
 *   strong: { model: 'openai/gpt-5', fallbacks: ['fast'] },
 * })
 * ```
 */
export const modelAliasesSchema = z.record(
  z.string(),
  z.union([z.string().min(1), modelSettingsSchema], {
    // The object's own schema explains mistakes inside an object.
    error: ({ input }) =>
      typeof input === 'object' && input !== null
        ? undefined
        : 'expected "provider/model" or { model: "provider/model", … }',
  }),
)
/** Models by alias: a plain name, or a name with settings. */
export type ModelAliases = z.infer<typeof modelAliasesSchema>

/** The configuration's aliases, and those that a parent process passed on in `BAILIWICK_MODELS`. */
export function aliasesFrom(env: NodeJS.ProcessEnv, configured: ModelAliases = {}): ModelAliases {
  const text = env.BAILIWICK_MODELS
  if (!text) return configured
  const parsed = modelAliasesSchema.safeParse(parseJson(text))
  if (parsed.success) return { ...parsed.data, ...configured }
  throw new InputError(
    `Expected BAILIWICK_MODELS to contain model aliases in JSON.\n${z.prettifyError(parsed.error)}`,
  )
}

/**
 * Follows a name through the aliases to a model. Settings of an outer alias override those of an inner one.
 *
 * @throws InputError if the aliases form a cycle.
 */
export function settingsOf(name: string, aliases: ModelAliases): ModelSettings {
  const path = [name]
  let settings: ModelSettings = { model: name }
  for (let alias = aliases[name]; alias !== undefined; alias = aliases[settings.model]) {
    const inner = typeof alias === 'string' ? { model: alias } : alias
    settings = { ...inner, ...settings, model: inner.model }
    // An alias may have the name of the model that it has settings for.
    if (inner.model === path.at(-1)) break
    if (path.includes(inner.model)) {
      throw new InputError(
        `Expected the model alias "${name}" to lead to a model, found a cycle: ${[...path, inner.model].join(' → ')}. Change one of them.`,
      )
    }
    path.push(inner.model)
  }
  return settings
}
