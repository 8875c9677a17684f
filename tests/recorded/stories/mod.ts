/** All stories that are recorded. */
import type { Story } from "../story.ts";
import { bootStories } from "./boots.ts";
import { deviceStories } from "./devices.ts";
import { digestStories } from "./digests.ts";
import { endingStories } from "./endings.ts";
import { engineStories } from "./engines.ts";
import { fetchOnlyStories } from "./fetch_only.ts";
import { imageStories } from "./images.ts";
import { limitStories } from "./limits.ts";
import { networkStories } from "./networks.ts";
import { pauseStories } from "./pauses.ts";
import { refusalStories } from "./refusals.ts";
import { reportStories } from "./reports.ts";
import { requestStories } from "./requests.ts";
import { turnStories } from "./turns.ts";
import { upgradeStories } from "./upgrades.ts";

export const stories: readonly Story[] = [
  ...upgradeStories,
  ...digestStories,
  ...bootStories,
  ...endingStories,
  ...pauseStories,
  ...networkStories,
  ...limitStories,
  ...turnStories,
  ...requestStories,
  ...refusalStories,
  ...reportStories,
  ...deviceStories,
  ...imageStories,
  ...engineStories,
  ...fetchOnlyStories,
];
