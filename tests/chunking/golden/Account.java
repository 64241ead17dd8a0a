/*
 * Licence text.
 */
package org.example.bank;

import java.util.List;
import java.util.Map;

/**
 * An account.
 */
@Entity
public class Account implements Comparable<Account> {
    private static final int LIMIT = 100;
    private final String owner;

    /** Opens one. */
    public Account(String owner) {
        this.owner = owner;
    }

    @Override
    public int compareTo(Account other) {
        return owner.compareTo(other.owner);
    }

    // Inner kinds.
    enum Kind {
        SAVINGS,
        CURRENT;

        boolean isSavings() {
            return this == SAVINGS;
        }
    }

    record Entry(String text, int amount) {
        Entry {
            if (amount < 0) throw new IllegalArgumentException();
        }
    }

    interface Listener {
        void changed(Account account);
    }
}

@interface Entity {
    String value() default "";
}
