// Comments on pull requests and issues, which share their numbers.

export interface LabComment {
  readonly id: number;
  /** Number of the pull request or issue. */
  readonly number: number;
  readonly author: string;
  readonly body: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface LabIssue {
  readonly number: number;
  readonly title: string;
  readonly author: string;
}

export interface CommentStore {
  /** @param at time of writing; default: now */
  add(number: number, author: string, body: string, at?: Date): LabComment;
  change(comment: LabComment, body: string): LabComment;
  get(id: number): LabComment | undefined;
  /** Oldest first. */
  of(number: number): readonly LabComment[];
  addIssue(issue: LabIssue): LabIssue;
  issue(number: number): LabIssue | undefined;
}

/** Ids differ from pull request numbers. */
const FIRST_ID = 5000;

export function openCommentStore(): CommentStore {
  // Comments are kept in memory: ids that count from the time are given by no later store again, since receivers of events remember them.
  const first = FIRST_ID + Date.now();
  const comments = new Map<number, LabComment>();
  const issues = new Map<number, LabIssue>();
  function store(comment: LabComment): LabComment {
    comments.set(comment.id, comment);
    return comment;
  }
  return {
    add(number, author, body, now = new Date()) {
      return store({ id: first + comments.size, number, author, body, createdAt: now, updatedAt: now });
    },
    // The change time always differs from the creation time.
    change: (comment, body) => {
      const after = comment.createdAt.getTime() + 1;
      return store({ ...comment, body, updatedAt: new Date(Math.max(Date.now(), after)) });
    },
    get: (id) => comments.get(id),
    of: (number) => [...comments.values()].filter((comment) => comment.number === number),
    addIssue(issue) {
      issues.set(issue.number, issue);
      return issue;
    },
    issue: (number) => issues.get(number),
  };
}
