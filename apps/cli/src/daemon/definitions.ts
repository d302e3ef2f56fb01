import { resolve } from 'node:path'
import { importDefinition } from '@bailiwick/agent/definition'
import type { RunTask } from '@bailiwick/bus'
import { type AgentDefinition, InputError, type JournalRecord, unknownName } from '@bailiwick/contract'
import { memberSchema } from '@bailiwick/coordinator/config/config-schema'
import type { LoadedConfig } from '@bailiwick/coordinator/config/load-config'
import { planner } from '@bailiwick/coordinator/runs/nodes/planner'
import { SYNTHESISER } from '@bailiwick/coordinator/runs/nodes/synthesiser'
import { type LoadedSpecialist, loadSpecialist, loadTeam } from '@bailiwick/coordinator/team/load-team'
import { Team } from '@bailiwick/coordinator/team/team'
import { defineAgent } from '@bailiwick/core'
import type { CommandContext } from '../command/define-command.ts'

interface Sources {
  config: LoadedConfig
  /** The run's own journal. */
  own: readonly JournalRecord[]
  /** Path of an agent that is not in the configuration. */
  file: string | undefined
  context: Pick<CommandContext, 'cwd' | 'signal'>
}

/** Finds the definitions that worked on the tasks of a run. */
export class Definitions {
  readonly #sources: Sources
  #team: Promise<LoadedSpecialist[]> | undefined

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /** @throws InputError if the agent is not in the configuration */
  async of({ task, agent, attempt }: RunTask, records: readonly JournalRecord[]): Promise<AgentDefinition> {
    const { own } = this.#sources
    const isOwn = own.some(
      (record) => record.type === 'task.dispatched' && record.task === task && record.own === true,
    )
    if (isOwn) return agent === SYNTHESISER.name ? SYNTHESISER : this.#planner(records, attempt)
    const team = await this.#loadTeam()
    const found = team.find(({ card }) => card.name === agent)
    if (found === undefined) {
      const known = team.map(({ card }) => card.name)
      throw new InputError(`${unknownName('agent', agent, known)} Name its file with --agent <path>.`)
    }
    const { default: definition } = await importDefinition(found.file)
    return defineAgent(definition as AgentDefinition)
  }

  /** The planner as it was for this run. The team is the present one. */
  async #planner(records: readonly JournalRecord[], attempt: number): Promise<AgentDefinition> {
    const { config, own } = this.#sources
    const [created] = records
    const submitted = own.find((record) => record.type === 'run.submitted')
    const team = new Team({ specialists: await this.#loadTeam(), lead: config.lead, writer: config.writer })
    return planner({
      team: team.plannable(),
      inputs: created?.type === 'task.created' ? created.inputs : [],
      limits: config.limits,
      planning: config.planning,
      mayBeDirect: submitted?.auto === true && attempt === 1,
    })
  }

  #loadTeam(): Promise<LoadedSpecialist[]> {
    const { config, file, context } = this.#sources
    this.#team ??= (async () => {
      const team = await loadTeam(config, context.signal)
      if (file === undefined) return team
      const member = memberSchema.parse({ agent: resolve(context.cwd, file) })
      return [await loadSpecialist(member, config, context.signal), ...team]
    })()
    return this.#team
  }
}
