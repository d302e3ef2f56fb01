import type { Bus } from '@bailiwick/bus'
import type { Tool } from '@bailiwick/contract'
import { drawChart } from './draw-chart.ts'
import { listFiles } from './list-files.ts'
import { queryTable } from './query-table.ts'
import { readFile } from './read-file.ts'
import { openRunFiles } from './run-files.ts'
import { writeArtifact } from './write-artifact.ts'

/**
 * The shipped tools, on the files of whichever run a call belongs to. The connection must be the user
 * `toolbox`'s: files are kept in that writer's bucket.
 */
export function toolbox(bus: Bus): Tool[] {
  const files = openRunFiles(bus)
  return [listFiles, readFile, writeArtifact, queryTable, drawChart].map((make) => make(files))
}
