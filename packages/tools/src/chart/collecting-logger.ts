import { errorText } from '@bailiwick/contract/world'
import type { View } from 'vega'

type Logger = ReturnType<View['logger']>

/** Collects Vega's messages instead of printing them. */
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
      errors.push(oneText(messages))
      return logger
    },
    warn(...messages) {
      warnings.add(oneText(messages))
      return logger
    },
    info: () => logger,
    debug: () => logger,
  }
  return logger
}

function oneText(messages: readonly unknown[]): string {
  return messages.map(errorText).join(' ').slice(0, 500)
}
