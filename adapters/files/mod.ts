/**
 * Images as files: content-addressed, durable, streamed; and logs as files of lines. What an image or
 * a log means is not known here.
 */
export { copyImages } from "./copy_images.ts";
export type { ImageCopying, NamedImage } from "./copy_images.ts";
export { FolderImages, openImageFiles } from "./folder_images.ts";
export { makeFolder } from "./folder.ts";
export { openLogFile } from "./log_file.ts";
export type { LogFile } from "./log_file.ts";
export { newFolder } from "./new_folder.ts";
export type { FolderPlace } from "./new_folder.ts";
export { newLinesFile } from "./new_lines_file.ts";
export type { WriteLines } from "./new_lines_file.ts";
export type { LogBlock } from "./log_blocks.ts";
export { isThere, readText } from "./text_file.ts";
