/**
 * In a child: what is wrong with the request itself, worded for whoever asked. The parent throws it as an
 * `InputError`. A plain class, because a child loads nothing of other packages that it can do without.
 */
export class BadRequest extends Error {}
