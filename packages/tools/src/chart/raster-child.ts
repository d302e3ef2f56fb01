/** The process that checks an SVG and paints it as PNG. It loads a native add-on, so it never gets the specification. */
import { serveChild } from '../child/serve-child.ts'
import { paintSvg, type RasterRequest } from './paint-svg.ts'

await serveChild((request) => paintSvg(request as RasterRequest))
