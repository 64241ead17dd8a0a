/* A linked list. */
#include <stdio.h>
#include <stdlib.h>
#include "list.h"

#define MAX_ITEMS 10
#define SQUARE(x) ((x) * (x))

struct node;

/* One link. */
struct node {
    int value;
    struct node *next;
};

typedef struct {
    struct node *head;
    size_t length;
} list_t;

enum colour { RED, GREEN };

static int counter = 0;

int list_length(const list_t *list);

#ifdef DEBUG
/* Prints all. */
static void list_print(const list_t *list)
{
    printf("%zu\n", list->length);
}
#else
static void list_print(const list_t *list) {}
#endif

static struct node *
list_find(list_t *list, int value)
{
    for (struct node *n = list->head; n; n = n->next)
        if (n->value == value)
            return n;
    return NULL;
}
