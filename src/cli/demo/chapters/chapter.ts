// A part of the story.

import type { Telling } from '../telling.ts';

export interface Chapter {
  readonly title: string;
  tell(telling: Telling): Promise<void>;
}
