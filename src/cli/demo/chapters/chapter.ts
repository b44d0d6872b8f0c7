// The interface of a chapter of the demo.

import type { Presenter } from '../presenter.ts';

export interface Chapter {
  readonly title: string;
  present(presenter: Presenter): Promise<void>;
}
