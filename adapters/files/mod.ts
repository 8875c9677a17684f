/** Images as files: content-addressed, durable, streamed. What an image means is not known here. */
export { FolderImages, openImageFiles } from "./folder_images.ts";
export { makeFolder } from "./folder.ts";
