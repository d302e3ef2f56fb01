import type { Member } from '../config/config-schema.ts'
import type { LoadedConfig } from '../config/load-config.ts'

/** With more agents than this, hosts run on demand by default. */
const MAX_ALWAYS = 4

/** Whether the hosts of an agent run on demand. */
export function runsOnDemand(
  member: Pick<Member, 'hosts'>,
  { hosts, team }: { hosts: LoadedConfig['hosts']; team: readonly unknown[] },
): boolean {
  const wanted = member.hosts ?? hosts
  return wanted === 'auto' ? team.length > MAX_ALWAYS : wanted === 'on-demand'
}
