/* Linked lists and binary trees that are built, walked and freed, n rounds: allocation and pointer chasing. */
#include "guest.h"

typedef struct Node { struct Node *left, *right; u32 key; } Node;

static Node *insert(Node *tree, u32 key) {
    Node **at = &tree;
    while (*at) at = key < (*at)->key ? &(*at)->left : &(*at)->right;
    *at = malloc(sizeof(Node));
    **at = (Node){0, 0, key};
    return tree;
}

static u64 fold_tree(const Node *tree, u64 sum, u32 depth) {
    if (!tree) return sum;
    sum = fold_tree(tree->left, sum, depth + 1);
    return fold_tree(tree->right, fold(sum, tree->key + depth), depth + 1);
}

static void free_tree(Node *tree) {
    if (!tree) return;
    free_tree(tree->left);
    free_tree(tree->right);
    free(tree);
}

typedef struct Item { struct Item *next; u32 bytes; u8 text[]; } Item;

static u64 churn(u32 count) {
    Item *list = 0;
    u64 sum = 0;
    for (u32 i = 0; i < count; i++) {
        u32 bytes = random_next() % 120;
        Item *item = malloc(sizeof(Item) + bytes);
        item->bytes = bytes;
        for (u32 k = 0; k < bytes; k += 16) item->text[k] = (u8)(i + k);
        item->next = list;
        list = item;
        if (i % 3 == 2) { /* drop the second one */
            Item *second = list->next;
            list->next = second->next;
            sum += second->bytes;
            free(second);
        }
    }
    while (list) {
        Item *next = list->next;
        sum = fold(sum, list->bytes ? list->text[0] : 1);
        free(list);
        list = next;
    }
    return sum;
}

RUN u64 run(i32 n) {
    u64 sum = 0;
    random_seed(17);
    for (i32 round = 0; round < n; round++) {
        Node *tree = 0;
        for (int i = 0; i < 2000; i++) tree = insert(tree, random_next() >> 8);
        sum = fold_tree(tree, sum, 0);
        free_tree(tree);
        sum = fold(sum, churn(3000));
    }
    return sum;
}
