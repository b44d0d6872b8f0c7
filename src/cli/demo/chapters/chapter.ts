// The interface of a chapter of the demo.

import type { Telling } from '../telling.ts';

export interface Chapter {
  readonly title: string;
  tell(telling: Telling): Promise<void>;
}
