import type { Bus } from '@bailiwick/bus'
import type { Tool } from '@bailiwick/contract'
import { drawChart } from './draw-chart.ts'
import { listFiles } from './list-files.ts'
import { queryTable } from './query-table.ts'
import { readFile } from './read-file.ts'
import { openRunFiles } from './run-files.ts'
import { writeArtifact } from './write-artifact.ts'

/**
 * The tools that ship. They work on the files of the run that a call belongs to. The connection must be that of the user
 * `toolbox`, because files are stored in that writer's bucket.
 */
export function toolbox(bus: Bus): Tool[] {
  const files = openRunFiles(bus)
  return [listFiles, readFile, writeArtifact, queryTable, drawChart].map((make) => make(files))
}
