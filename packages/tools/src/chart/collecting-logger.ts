import type { View } from 'vega'

type Logger = ReturnType<View['logger']>

/** Keeps what Vega says instead of printing it. */
export interface CollectingLogger extends Logger {
  readonly warnings: Set<string>
  readonly errors: string[]
}

export function collectingLogger(): CollectingLogger {
  const warnings = new Set<string>()
  const errors: string[] = []
  function level(): number
  function level(value: number): CollectingLogger
  function level(value?: number): number | CollectingLogger {
    return value === undefined ? 0 : logger
  }
  const logger: CollectingLogger = {
    warnings,
    errors,
    level,
    error(...messages) {
      errors.push(say(messages))
      return logger
    },
    warn(...messages) {
      warnings.add(say(messages))
      return logger
    },
    info: () => logger,
    debug: () => logger,
  }
  return logger
}

function say(messages: readonly unknown[]): string {
  return messages
    .map((message) => (message instanceof Error ? message.message : String(message)))
    .join(' ')
    .slice(0, 500)
}
