/** A picture inside a document, of a kind that cannot hold a document of its own. */
export const INLINE_PICTURE = /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]*$/
