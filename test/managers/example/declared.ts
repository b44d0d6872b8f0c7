// The declaration of an apt repository of the node.

import type { Place } from '../../../src/config/read/place.ts';

export interface AptRepository {
  readonly name: string;
  readonly writtenAt: Place;
  readonly url: string;
  readonly suite: string;
  /** In the order written, without repetition. */
  readonly components: readonly string[];
  readonly signedBy: string;
}

declare module '../../../src/managers/config.ts' {
  interface Config {
    /** Absent where the kind is not registered. */
    readonly aptRepositories?: readonly AptRepository[];
  }
}
