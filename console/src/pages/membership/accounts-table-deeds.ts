import type { AccountItem } from '../../../../contract/accounts.ts';

export type DeedName = 'lock' | 'unlock' | 'disable' | 'enable';

export type Deed = {
  /** What the button says. */
  label: string;
  /** What it is called while it is being done, and when it was. */
  doing: string;
  done: string;
  /** What it means, in a sentence. */
  meaning: string;
  changes: { locked: boolean } | { disabled: boolean };
  isPossible: (account: AccountItem) => boolean;
  isDangerous: boolean;
};

/** What is done to an account from the list of accounts, or to several. */
export const DEEDS: Readonly<Record<DeedName, Deed>> = {
  lock: {
    label: 'Lock',
    doing: 'Locking',
    done: 'Locked',
    meaning: 'Keeps out whoever signs in with it, until the lock is cleared. The seat stays taken.',
    changes: { locked: true },
    isPossible: ({ abilities, locked }) => abilities.lock && !locked,
    isDangerous: true,
  },
  unlock: {
    label: 'Unlock',
    doing: 'Unlocking',
    done: 'Unlocked',
    meaning: 'Ends the lock, also one after failed sign-ins, and forgets those.',
    changes: { locked: false },
    isPossible: ({ abilities, locked, status }) => abilities.lock && (locked || status.state === 'locked'),
    isDangerous: false,
  },
  disable: {
    label: 'Disable',
    doing: 'Disabling',
    done: 'Disabled',
    meaning: 'Puts it out of use: nobody signs in with it, and its keys open nothing. The seat stays taken.',
    changes: { disabled: true },
    isPossible: ({ abilities, disabled }) => abilities.disable && !disabled,
    isDangerous: true,
  },
  enable: {
    label: 'Enable',
    doing: 'Enabling',
    done: 'Enabled',
    meaning: 'Puts it into use again, with the credentials that it has.',
    changes: { disabled: false },
    isPossible: ({ abilities, disabled }) => abilities.disable && disabled,
    isDangerous: false,
  },
};
export const DEED_NAMES = Object.keys(DEEDS) as DeedName[];
