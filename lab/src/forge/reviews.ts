// Code reviews of pull requests, each with the head that was reviewed.

export interface LabReview {
  readonly id: number;
  /** Number of the pull request. */
  readonly number: number;
  readonly author: string;
  readonly state: 'approved' | 'commented' | 'changes requested' | 'dismissed';
  readonly body: string;
  /** The head that was reviewed. */
  readonly sha: string;
  /** Its author has write access. */
  readonly official: boolean;
  readonly at: Date;
}

export interface ReviewStore {
  add(review: Omit<LabReview, 'id' | 'at'>): LabReview;
  dismiss(id: number): LabReview;
  /** Oldest first. */
  of(number: number): readonly LabReview[];
}

/** Ids differ from those of comments. */
const FIRST_ID = 9000;

export function openReviewStore(): ReviewStore {
  // As of comments, so that no later store gives one again.
  const first = FIRST_ID + Date.now();
  const reviews = new Map<number, LabReview>();
  function store(review: LabReview): LabReview {
    reviews.set(review.id, review);
    return review;
  }
  return {
    add: (review) => store({ ...review, id: first + reviews.size, at: new Date() }),
    dismiss(id) {
      const review = reviews.get(id);
      if (review === undefined) throw new Error(`the forge has no review ${id}`);
      return store({ ...review, state: 'dismissed' });
    },
    of: (number) => [...reviews.values()].filter((review) => review.number === number),
  };
}
