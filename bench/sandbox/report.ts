import { availableParallelism, cpus, totalmem } from 'node:os'

export interface Row {
  measure: string
  ours: string
  beside: string
  reached: string
  toReach: string
  /** Undefined if there is no target. */
  holds: boolean | undefined
}

export type Machine = ReturnType<typeof describeMachine>

/** The rows of one run, as a table and as JSON. */
export class Report {
  readonly #rows: Row[] = []
  readonly #figures: Record<string, object> = {}

  add(row: Row, figures: object): void {
    this.#rows.push(row)
    this.#figures[row.measure] = figures
    console.error(`  ${row.measure}: ${row.ours}`)
  }

  markdown({ cpu, cores, memoryGb, platform, node, v8, isolation, layers }: Machine): string {
    const where = `${cpu}, ${cores} cores, ${memoryGb} GB, ${platform}; Node ${node} (V8 ${v8}); isolation: ${isolation} (${layers.join(', ')})`
    const lines = this.#rows.map(
      ({ measure, ours, beside, reached, toReach, holds }) =>
        `| ${measure} | ${ours} | ${beside} | ${reached} | ${toReach} | ${holds === undefined ? '' : holds ? 'yes' : '**no**'} |`,
    )
    const head = [
      '| measure | sandbox | beside it, same run | ratio | to reach | |',
      '|---|---|---|---|---|---|',
    ]
    return `${where}\n\n${[...head, ...lines].join('\n')}\n`
  }

  json(machine: Machine): string {
    return `${JSON.stringify({ machine, measures: this.#figures, rows: this.#rows }, null, 2)}\n`
  }
}

export function describeMachine(isolation: string, layers: Record<string, boolean>) {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    v8: process.versions.v8,
    isolation,
    layers: Object.keys(layers).filter((name) => layers[name]),
  }
}

export const ms = (value: number): string =>
  value < 1 ? `${(value * 1_000).toFixed(0)} µs` : `${value.toFixed(2)} ms`
