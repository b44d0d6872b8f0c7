// Required webhook events, with the labels of the checkboxes on each forge.

import type { ForgeOptions } from '../../io/forge/options.ts';

export interface Box {
  /** Label on the webhook's settings page. */
  readonly name: string;
  /** Name in the API. */
  readonly event: string;
}

type Reached = Exclude<ForgeOptions['kind'], 'none'> | 'app';

export const BOXES: Readonly<Record<Reached, readonly Box[]>> = {
  github: [
    { name: 'Pushes', event: 'push' },
    { name: 'Pull requests', event: 'pull_request' },
    { name: 'Pull request reviews', event: 'pull_request_review' },
    { name: 'Issue comments', event: 'issue_comment' },
  ],
  app: [
    { name: 'Push', event: 'push' },
    { name: 'Pull request', event: 'pull_request' },
    { name: 'Pull request review', event: 'pull_request_review' },
    { name: 'Issue comment', event: 'issue_comment' },
    { name: 'Check run', event: 'check_run' },
    { name: 'Check suite', event: 'check_suite' },
  ],
  gitea: [
    { name: 'Push', event: 'push' },
    { name: 'Pull Request', event: 'pull_request' },
    { name: 'Pull Request Synchronized', event: 'pull_request_sync' },
    { name: 'Pull Request Comment', event: 'pull_request_comment' },
    { name: 'Pull Request Reviewed', event: 'pull_request_review' },
  ],
  gitlab: [
    { name: 'Push events', event: 'push_events' },
    { name: 'Merge request events', event: 'merge_requests_events' },
    { name: 'Comments', event: 'note_events' },
  ],
};

export function namesOf(boxes: readonly Box[]): string {
  return boxes.map(({ name }) => `"${name}"`).join(', ');
}

/** Missing events. GitHub has a wildcard. */
export function missingOf(boxes: readonly Box[], events: readonly string[]): readonly Box[] {
  return events.includes('*') ? [] : boxes.filter(({ event }) => !events.includes(event));
}
