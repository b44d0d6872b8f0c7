// What all forges' comments of ours have in common.

import { cutMarkdown } from './cut.ts';

/** First in each comment of ours: it shows nowhere, and finds the comment again. */
export const COMMENT_MARK = '<!-- phoenix: kept up to date -->';
/** GitHub takes 65,536 characters. */
const LONGEST = 65_000;

export function markedBody(body: string): string {
  return `${COMMENT_MARK}\n${cutMarkdown(body, LONGEST, null)}`;
}
