/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/tools/all-tools.test.ts > TAP > parameters, schemas, results and hints are those that were agreed > must match snapshot 1`] = `
[
 {
  "name": "health_check",
  "permission": "system",
  "effect": "read",
  "annotations": {
   "title": "Check the connection",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": false
  },
  "input": {
   "type": "object",
   "properties": {},
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "status",
    "message"
   ],
   "properties": {
    "status": {
     "anyOf": [
      {
       "const": "ok",
       "type": "string"
      },
      {
       "const": "unhealthy",
       "type": "string"
      }
     ]
    },
    "message": {
     "type": "string"
    }
   }
  }
 },
 {
  "name": "list_products",
  "permission": "metadata_read",
  "effect": "read",
  "annotations": {
   "title": "List products",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "limit": {
     "type": "integer",
     "minimum": 1,
     "maximum": 100,
     "default": 20,
     "description": "Page size."
    },
    "offset": {
     "type": "integer",
     "minimum": 0,
     "maximum": 2147483647,
     "default": 0,
     "description": "Items to skip."
    }
   },
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "items",
    "pagination"
   ],
   "properties": {
    "items": {
     "type": "array",
     "items": {
      "type": "object",
      "required": [
       "id",
       "name",
       "description",
       "prod_type"
      ],
      "properties": {
       "id": {
        "type": "integer"
       },
       "name": {
        "type": "string",
        "untrusted": true
       },
       "description": {
        "type": "string",
        "untrusted": true
       },
       "prod_type": {
        "type": "integer"
       }
      }
     }
    },
    "pagination": {
     "type": "object",
     "required": [
      "count",
      "offset",
      "limit",
      "has_next"
     ],
     "properties": {
      "count": {
       "type": "integer"
      },
      "offset": {
       "type": "integer"
      },
      "limit": {
       "type": "integer"
      },
      "has_next": {
       "type": "boolean"
      }
     }
    }
   }
  }
 },
 {
  "name": "get_product",
  "permission": "metadata_read",
  "effect": "read",
  "annotations": {
   "title": "Get a product",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "product_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_products."
    }
   },
   "required": [
    "product_id"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id",
    "name",
    "description",
    "prod_type"
   ],
   "properties": {
    "id": {
     "type": "integer"
    },
    "name": {
     "type": "string",
     "untrusted": true
    },
    "description": {
     "type": "string",
     "untrusted": true
    },
    "prod_type": {
     "type": "integer"
    }
   }
  }
 },
 {
  "name": "create_product",
  "permission": "product_mgmt",
  "effect": "create",
  "annotations": {
   "title": "Create a product",
   "readOnlyHint": false,
   "destructiveHint": false,
   "idempotentHint": false,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "name": {
     "type": "string",
     "maxLength": 200,
     "description": "Unique on the whole server."
    },
    "description": {
     "type": "string",
     "maxLength": 10000,
     "description": "What it is; not blank."
    },
    "prod_type_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_product_types."
    }
   },
   "required": [
    "name",
    "description",
    "prod_type_id"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id",
    "name",
    "description",
    "prod_type"
   ],
   "properties": {
    "id": {
     "type": "integer"
    },
    "name": {
     "type": "string",
     "untrusted": true
    },
    "description": {
     "type": "string",
     "untrusted": true
    },
    "prod_type": {
     "type": "integer"
    }
   }
  }
 },
 {
  "name": "list_product_types",
  "permission": "metadata_read",
  "effect": "read",
  "annotations": {
   "title": "List product types",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "limit": {
     "type": "integer",
     "minimum": 1,
     "maximum": 100,
     "default": 20,
     "description": "Page size."
    },
    "offset": {
     "type": "integer",
     "minimum": 0,
     "maximum": 2147483647,
     "default": 0,
     "description": "Items to skip."
    }
   },
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "items",
    "pagination"
   ],
   "properties": {
    "items": {
     "type": "array",
     "items": {
      "type": "object",
      "required": [
       "id",
       "name",
       "description",
       "critical_product",
       "key_product"
      ],
      "properties": {
       "id": {
        "type": "integer"
       },
       "name": {
        "type": "string",
        "untrusted": true
       },
       "description": {
        "anyOf": [
         {
          "type": "string"
         },
         {
          "type": "null"
         }
        ],
        "untrusted": true
       },
       "critical_product": {
        "type": "boolean"
       },
       "key_product": {
        "type": "boolean"
       }
      }
     }
    },
    "pagination": {
     "type": "object",
     "required": [
      "count",
      "offset",
      "limit",
      "has_next"
     ],
     "properties": {
      "count": {
       "type": "integer"
      },
      "offset": {
       "type": "integer"
      },
      "limit": {
       "type": "integer"
      },
      "has_next": {
       "type": "boolean"
      }
     }
    }
   }
  }
 },
 {
  "name": "list_engagements",
  "permission": "metadata_read",
  "effect": "read",
  "annotations": {
   "title": "List engagements of a product",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "product_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_products."
    },
    "limit": {
     "type": "integer",
     "minimum": 1,
     "maximum": 100,
     "default": 20,
     "description": "Page size."
    },
    "offset": {
     "type": "integer",
     "minimum": 0,
     "maximum": 2147483647,
     "default": 0,
     "description": "Items to skip."
    }
   },
   "required": [
    "product_id"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "items",
    "pagination"
   ],
   "properties": {
    "items": {
     "type": "array",
     "items": {
      "type": "object",
      "required": [
       "id",
       "name",
       "product_id",
       "status",
       "target_start",
       "target_end"
      ],
      "properties": {
       "id": {
        "type": "integer"
       },
       "name": {
        "anyOf": [
         {
          "type": "string"
         },
         {
          "type": "null"
         }
        ],
        "untrusted": true
       },
       "product_id": {
        "type": "integer"
       },
       "status": {
        "anyOf": [
         {
          "type": "string"
         },
         {
          "type": "null"
         }
        ]
       },
       "target_start": {
        "type": "string"
       },
       "target_end": {
        "type": "string"
       }
      }
     }
    },
    "pagination": {
     "type": "object",
     "required": [
      "count",
      "offset",
      "limit",
      "has_next"
     ],
     "properties": {
      "count": {
       "type": "integer"
      },
      "offset": {
       "type": "integer"
      },
      "limit": {
       "type": "integer"
      },
      "has_next": {
       "type": "boolean"
      }
     }
    }
   }
  }
 },
 {
  "name": "get_engagement",
  "permission": "metadata_read",
  "effect": "read",
  "annotations": {
   "title": "Get an engagement",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "engagement_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_engagements."
    }
   },
   "required": [
    "engagement_id"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id",
    "name",
    "product_id",
    "status",
    "target_start",
    "target_end"
   ],
   "properties": {
    "id": {
     "type": "integer"
    },
    "name": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "product_id": {
     "type": "integer"
    },
    "status": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "target_start": {
     "type": "string"
    },
    "target_end": {
     "type": "string"
    }
   }
  }
 },
 {
  "name": "create_engagement",
  "permission": "engagement_mgmt",
  "effect": "create",
  "annotations": {
   "title": "Create an engagement",
   "readOnlyHint": false,
   "destructiveHint": false,
   "idempotentHint": false,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "product_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_products."
    },
    "name": {
     "type": "string",
     "maxLength": 200,
     "description": "E.g. the release or pipeline."
    },
    "target_start": {
     "type": "string",
     "format": "date",
     "description": "First day, YYYY-MM-DD."
    },
    "target_end": {
     "type": "string",
     "format": "date",
     "description": "Last day, YYYY-MM-DD."
    }
   },
   "required": [
    "product_id",
    "name",
    "target_start",
    "target_end"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id",
    "name",
    "product_id",
    "status",
    "target_start",
    "target_end"
   ],
   "properties": {
    "id": {
     "type": "integer"
    },
    "name": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "product_id": {
     "type": "integer"
    },
    "status": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "target_start": {
     "type": "string"
    },
    "target_end": {
     "type": "string"
    }
   }
  }
 },
 {
  "name": "list_tests",
  "permission": "metadata_read",
  "effect": "read",
  "annotations": {
   "title": "List tests of an engagement",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "engagement_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_engagements."
    },
    "limit": {
     "type": "integer",
     "minimum": 1,
     "maximum": 100,
     "default": 20,
     "description": "Page size."
    },
    "offset": {
     "type": "integer",
     "minimum": 0,
     "maximum": 2147483647,
     "default": 0,
     "description": "Items to skip."
    }
   },
   "required": [
    "engagement_id"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "items",
    "pagination"
   ],
   "properties": {
    "items": {
     "type": "array",
     "items": {
      "type": "object",
      "required": [
       "id",
       "engagement_id",
       "test_type",
       "title",
       "target_start",
       "target_end"
      ],
      "properties": {
       "id": {
        "type": "integer"
       },
       "engagement_id": {
        "type": "integer"
       },
       "test_type": {
        "type": "integer"
       },
       "title": {
        "anyOf": [
         {
          "type": "string"
         },
         {
          "type": "null"
         }
        ],
        "untrusted": true
       },
       "target_start": {
        "anyOf": [
         {
          "type": "string"
         },
         {
          "type": "null"
         }
        ]
       },
       "target_end": {
        "anyOf": [
         {
          "type": "string"
         },
         {
          "type": "null"
         }
        ]
       }
      }
     }
    },
    "pagination": {
     "type": "object",
     "required": [
      "count",
      "offset",
      "limit",
      "has_next"
     ],
     "properties": {
      "count": {
       "type": "integer"
      },
      "offset": {
       "type": "integer"
      },
      "limit": {
       "type": "integer"
      },
      "has_next": {
       "type": "boolean"
      }
     }
    }
   }
  }
 },
 {
  "name": "get_test",
  "permission": "metadata_read",
  "effect": "read",
  "annotations": {
   "title": "Get a test",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "test_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_tests."
    }
   },
   "required": [
    "test_id"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id",
    "engagement_id",
    "test_type",
    "title",
    "target_start",
    "target_end"
   ],
   "properties": {
    "id": {
     "type": "integer"
    },
    "engagement_id": {
     "type": "integer"
    },
    "test_type": {
     "type": "integer"
    },
    "title": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "target_start": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "target_end": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    }
   }
  }
 },
 {
  "name": "create_test",
  "permission": "engagement_mgmt",
  "effect": "create",
  "annotations": {
   "title": "Create a test",
   "readOnlyHint": false,
   "destructiveHint": false,
   "idempotentHint": false,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "engagement_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_engagements."
    },
    "test_type_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_test_types."
    },
    "target_start": {
     "type": "string",
     "format": "date",
     "description": "First day, YYYY-MM-DD."
    },
    "target_end": {
     "type": "string",
     "format": "date",
     "description": "Last day, YYYY-MM-DD."
    }
   },
   "required": [
    "engagement_id",
    "test_type_id",
    "target_start",
    "target_end"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id",
    "engagement_id",
    "test_type",
    "title",
    "target_start",
    "target_end"
   ],
   "properties": {
    "id": {
     "type": "integer"
    },
    "engagement_id": {
     "type": "integer"
    },
    "test_type": {
     "type": "integer"
    },
    "title": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "target_start": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "target_end": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    }
   }
  }
 },
 {
  "name": "list_test_types",
  "permission": "metadata_read",
  "effect": "read",
  "annotations": {
   "title": "List test types",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "limit": {
     "type": "integer",
     "minimum": 1,
     "maximum": 100,
     "default": 20,
     "description": "Page size."
    },
    "offset": {
     "type": "integer",
     "minimum": 0,
     "maximum": 2147483647,
     "default": 0,
     "description": "Items to skip."
    }
   },
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "items",
    "pagination"
   ],
   "properties": {
    "items": {
     "type": "array",
     "items": {
      "type": "object",
      "required": [
       "id",
       "name",
       "tags"
      ],
      "properties": {
       "id": {
        "type": "integer"
       },
       "name": {
        "type": "string",
        "untrusted": true
       },
       "tags": {
        "anyOf": [
         {
          "type": "array",
          "items": {
           "type": "string"
          }
         },
         {
          "type": "null"
         }
        ],
        "untrusted": true
       }
      }
     }
    },
    "pagination": {
     "type": "object",
     "required": [
      "count",
      "offset",
      "limit",
      "has_next"
     ],
     "properties": {
      "count": {
       "type": "integer"
      },
      "offset": {
       "type": "integer"
      },
      "limit": {
       "type": "integer"
      },
      "has_next": {
       "type": "boolean"
      }
     }
    }
   }
  }
 },
 {
  "name": "list_findings",
  "permission": "metadata_read",
  "effect": "read",
  "annotations": {
   "title": "Search findings",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "test_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Only this test."
    },
    "product_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Only this product."
    },
    "engagement_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Only this engagement."
    },
    "severity": {
     "type": "string",
     "enum": [
      "Critical",
      "High",
      "Medium",
      "Low",
      "Info"
     ],
     "description": "Only this severity."
    },
    "active": {
     "type": "boolean",
     "description": "Open."
    },
    "verified": {
     "type": "boolean",
     "description": "Confirmed by someone."
    },
    "duplicate": {
     "type": "boolean",
     "description": "Duplicate of another finding."
    },
    "false_p": {
     "type": "boolean",
     "description": "Marked false positive."
    },
    "out_of_scope": {
     "type": "boolean",
     "description": "Marked out of scope."
    },
    "is_mitigated": {
     "type": "boolean",
     "description": "Fixed or closed."
    },
    "risk_accepted": {
     "type": "boolean",
     "description": "Risk accepted."
    },
    "outside_of_sla": {
     "type": "boolean",
     "description": "Open past its SLA date."
    },
    "tags": {
     "type": "array",
     "items": {
      "type": "string",
      "maxLength": 255
     },
     "maxItems": 100,
     "description": "Any of these tags."
    },
    "component_name": {
     "type": "string",
     "maxLength": 500,
     "description": "Component name contains this."
    },
    "title": {
     "type": "string",
     "maxLength": 511,
     "description": "Title contains this."
    },
    "has_jira": {
     "type": "boolean",
     "description": "Linked to a JIRA issue."
    },
    "limit": {
     "type": "integer",
     "minimum": 1,
     "maximum": 100,
     "default": 20,
     "description": "Page size."
    },
    "offset": {
     "type": "integer",
     "minimum": 0,
     "maximum": 2147483647,
     "default": 0,
     "description": "Items to skip."
    }
   },
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "items",
    "pagination"
   ],
   "properties": {
    "items": {
     "type": "array",
     "items": {
      "type": "object",
      "required": [
       "id",
       "test_id",
       "title",
       "severity",
       "description",
       "active",
       "verified",
       "mitigated",
       "is_mitigated",
       "out_of_scope",
       "false_p",
       "duplicate",
       "risk_accepted",
       "cwe",
       "cvssv3_score",
       "component_name",
       "component_version",
       "file_path",
       "line",
       "tags",
       "vulnerability_ids"
      ],
      "properties": {
       "id": {
        "type": "integer"
       },
       "test_id": {
        "type": "integer"
       },
       "title": {
        "type": "string",
        "untrusted": true
       },
       "severity": {
        "anyOf": [
         {
          "const": "Critical",
          "type": "string"
         },
         {
          "const": "High",
          "type": "string"
         },
         {
          "const": "Medium",
          "type": "string"
         },
         {
          "const": "Low",
          "type": "string"
         },
         {
          "const": "Info",
          "type": "string"
         }
        ]
       },
       "description": {
        "type": "string",
        "untrusted": true
       },
       "active": {
        "type": "boolean"
       },
       "verified": {
        "type": "boolean"
       },
       "mitigated": {
        "anyOf": [
         {
          "type": "string"
         },
         {
          "type": "null"
         }
        ]
       },
       "is_mitigated": {
        "type": "boolean"
       },
       "out_of_scope": {
        "type": "boolean"
       },
       "false_p": {
        "type": "boolean"
       },
       "duplicate": {
        "type": "boolean"
       },
       "risk_accepted": {
        "type": "boolean"
       },
       "cwe": {
        "anyOf": [
         {
          "type": "integer"
         },
         {
          "type": "null"
         }
        ]
       },
       "cvssv3_score": {
        "anyOf": [
         {
          "type": "number"
         },
         {
          "type": "null"
         }
        ]
       },
       "component_name": {
        "anyOf": [
         {
          "type": "string"
         },
         {
          "type": "null"
         }
        ],
        "untrusted": true
       },
       "component_version": {
        "anyOf": [
         {
          "type": "string"
         },
         {
          "type": "null"
         }
        ],
        "untrusted": true
       },
       "file_path": {
        "anyOf": [
         {
          "type": "string"
         },
         {
          "type": "null"
         }
        ],
        "untrusted": true
       },
       "line": {
        "anyOf": [
         {
          "type": "integer"
         },
         {
          "type": "null"
         }
        ]
       },
       "tags": {
        "anyOf": [
         {
          "type": "array",
          "items": {
           "type": "string"
          }
         },
         {
          "type": "null"
         }
        ],
        "untrusted": true
       },
       "vulnerability_ids": {
        "anyOf": [
         {
          "type": "array",
          "items": {
           "anyOf": [
            {
             "type": "object",
             "required": [
              "vulnerability_id"
             ],
             "properties": {
              "vulnerability_id": {
               "type": "string"
              }
             }
            },
            {
             "type": "string"
            }
           ]
          }
         },
         {
          "type": "null"
         }
        ],
        "untrusted": true
       }
      }
     }
    },
    "pagination": {
     "type": "object",
     "required": [
      "count",
      "offset",
      "limit",
      "has_next"
     ],
     "properties": {
      "count": {
       "type": "integer"
      },
      "offset": {
       "type": "integer"
      },
      "limit": {
       "type": "integer"
      },
      "has_next": {
       "type": "boolean"
      }
     }
    }
   }
  }
 },
 {
  "name": "get_finding",
  "permission": "metadata_read",
  "effect": "read",
  "annotations": {
   "title": "Get a finding",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "finding_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_findings."
    }
   },
   "required": [
    "finding_id"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id",
    "test_id",
    "title",
    "severity",
    "description",
    "active",
    "verified",
    "mitigated",
    "is_mitigated",
    "out_of_scope",
    "false_p",
    "duplicate",
    "risk_accepted",
    "cwe",
    "cvssv3_score",
    "component_name",
    "component_version",
    "file_path",
    "line",
    "tags",
    "vulnerability_ids",
    "mitigation",
    "impact",
    "references",
    "steps_to_reproduce",
    "date",
    "found_by"
   ],
   "properties": {
    "id": {
     "type": "integer"
    },
    "test_id": {
     "type": "integer"
    },
    "title": {
     "type": "string",
     "untrusted": true
    },
    "severity": {
     "anyOf": [
      {
       "const": "Critical",
       "type": "string"
      },
      {
       "const": "High",
       "type": "string"
      },
      {
       "const": "Medium",
       "type": "string"
      },
      {
       "const": "Low",
       "type": "string"
      },
      {
       "const": "Info",
       "type": "string"
      }
     ]
    },
    "description": {
     "type": "string",
     "untrusted": true
    },
    "active": {
     "type": "boolean"
    },
    "verified": {
     "type": "boolean"
    },
    "mitigated": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "is_mitigated": {
     "type": "boolean"
    },
    "out_of_scope": {
     "type": "boolean"
    },
    "false_p": {
     "type": "boolean"
    },
    "duplicate": {
     "type": "boolean"
    },
    "risk_accepted": {
     "type": "boolean"
    },
    "cwe": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "cvssv3_score": {
     "anyOf": [
      {
       "type": "number"
      },
      {
       "type": "null"
      }
     ]
    },
    "component_name": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "component_version": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "file_path": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "line": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "tags": {
     "anyOf": [
      {
       "type": "array",
       "items": {
        "type": "string"
       }
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "vulnerability_ids": {
     "anyOf": [
      {
       "type": "array",
       "items": {
        "anyOf": [
         {
          "type": "object",
          "required": [
           "vulnerability_id"
          ],
          "properties": {
           "vulnerability_id": {
            "type": "string"
           }
          }
         },
         {
          "type": "string"
         }
        ]
       }
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "mitigation": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "impact": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "references": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "steps_to_reproduce": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "date": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "found_by": {
     "anyOf": [
      {
       "type": "array",
       "items": {
        "type": "integer"
       }
      },
      {
       "type": "null"
      }
     ]
    }
   }
  }
 },
 {
  "name": "create_finding",
  "permission": "finding_mgmt",
  "effect": "create",
  "annotations": {
   "title": "Create a finding",
   "readOnlyHint": false,
   "destructiveHint": false,
   "idempotentHint": false,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "test_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_tests or create_test."
    },
    "title": {
     "type": "string",
     "maxLength": 200,
     "description": "One line; not blank."
    },
    "severity": {
     "type": "string",
     "enum": [
      "Critical",
      "High",
      "Medium",
      "Low",
      "Info"
     ],
     "description": "How bad it is."
    },
    "description": {
     "type": "string",
     "maxLength": 10000,
     "description": "What, where, how to reproduce (Markdown); not blank."
    },
    "active": {
     "type": "boolean",
     "default": true,
     "description": "Open."
    },
    "verified": {
     "type": "boolean",
     "default": false,
     "description": "Confirmed by someone."
    }
   },
   "required": [
    "test_id",
    "title",
    "severity",
    "description"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id",
    "test_id",
    "title",
    "severity",
    "description",
    "active",
    "verified",
    "mitigated",
    "is_mitigated",
    "out_of_scope",
    "false_p",
    "duplicate",
    "risk_accepted",
    "cwe",
    "cvssv3_score",
    "component_name",
    "component_version",
    "file_path",
    "line",
    "tags",
    "vulnerability_ids"
   ],
   "properties": {
    "id": {
     "type": "integer"
    },
    "test_id": {
     "type": "integer"
    },
    "title": {
     "type": "string",
     "untrusted": true
    },
    "severity": {
     "anyOf": [
      {
       "const": "Critical",
       "type": "string"
      },
      {
       "const": "High",
       "type": "string"
      },
      {
       "const": "Medium",
       "type": "string"
      },
      {
       "const": "Low",
       "type": "string"
      },
      {
       "const": "Info",
       "type": "string"
      }
     ]
    },
    "description": {
     "type": "string",
     "untrusted": true
    },
    "active": {
     "type": "boolean"
    },
    "verified": {
     "type": "boolean"
    },
    "mitigated": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "is_mitigated": {
     "type": "boolean"
    },
    "out_of_scope": {
     "type": "boolean"
    },
    "false_p": {
     "type": "boolean"
    },
    "duplicate": {
     "type": "boolean"
    },
    "risk_accepted": {
     "type": "boolean"
    },
    "cwe": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "cvssv3_score": {
     "anyOf": [
      {
       "type": "number"
      },
      {
       "type": "null"
      }
     ]
    },
    "component_name": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "component_version": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "file_path": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "line": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "tags": {
     "anyOf": [
      {
       "type": "array",
       "items": {
        "type": "string"
       }
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "vulnerability_ids": {
     "anyOf": [
      {
       "type": "array",
       "items": {
        "anyOf": [
         {
          "type": "object",
          "required": [
           "vulnerability_id"
          ],
          "properties": {
           "vulnerability_id": {
            "type": "string"
           }
          }
         },
         {
          "type": "string"
         }
        ]
       }
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    }
   }
  }
 },
 {
  "name": "update_finding",
  "permission": "finding_mgmt",
  "effect": "change",
  "annotations": {
   "title": "Change a finding",
   "readOnlyHint": false,
   "destructiveHint": true,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "finding_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_findings."
    },
    "title": {
     "type": "string",
     "maxLength": 200,
     "description": "New title."
    },
    "severity": {
     "type": "string",
     "enum": [
      "Critical",
      "High",
      "Medium",
      "Low",
      "Info"
     ],
     "description": "New severity."
    },
    "description": {
     "type": "string",
     "maxLength": 10000,
     "description": "Replaces the description."
    },
    "active": {
     "type": "boolean",
     "description": "Open; false on a verified finding needs verified=false too."
    },
    "verified": {
     "type": "boolean",
     "description": "Confirmed; not on a false positive."
    },
    "false_p": {
     "type": "boolean",
     "description": "False positive, which closes it; on a verified finding send verified=false too."
    },
    "duplicate": {
     "type": "boolean",
     "description": "Duplicate; send active=false, verified=false too."
    },
    "out_of_scope": {
     "type": "boolean",
     "description": "Out of scope, which closes it."
    },
    "is_mitigated": {
     "type": "boolean",
     "description": "Fixed; send active=false too, and verified=false if it is verified."
    }
   },
   "required": [
    "finding_id"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id",
    "test_id",
    "title",
    "severity",
    "description",
    "active",
    "verified",
    "mitigated",
    "is_mitigated",
    "out_of_scope",
    "false_p",
    "duplicate",
    "risk_accepted",
    "cwe",
    "cvssv3_score",
    "component_name",
    "component_version",
    "file_path",
    "line",
    "tags",
    "vulnerability_ids"
   ],
   "properties": {
    "id": {
     "type": "integer"
    },
    "test_id": {
     "type": "integer"
    },
    "title": {
     "type": "string",
     "untrusted": true
    },
    "severity": {
     "anyOf": [
      {
       "const": "Critical",
       "type": "string"
      },
      {
       "const": "High",
       "type": "string"
      },
      {
       "const": "Medium",
       "type": "string"
      },
      {
       "const": "Low",
       "type": "string"
      },
      {
       "const": "Info",
       "type": "string"
      }
     ]
    },
    "description": {
     "type": "string",
     "untrusted": true
    },
    "active": {
     "type": "boolean"
    },
    "verified": {
     "type": "boolean"
    },
    "mitigated": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "is_mitigated": {
     "type": "boolean"
    },
    "out_of_scope": {
     "type": "boolean"
    },
    "false_p": {
     "type": "boolean"
    },
    "duplicate": {
     "type": "boolean"
    },
    "risk_accepted": {
     "type": "boolean"
    },
    "cwe": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "cvssv3_score": {
     "anyOf": [
      {
       "type": "number"
      },
      {
       "type": "null"
      }
     ]
    },
    "component_name": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "component_version": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "file_path": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "line": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "tags": {
     "anyOf": [
      {
       "type": "array",
       "items": {
        "type": "string"
       }
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "vulnerability_ids": {
     "anyOf": [
      {
       "type": "array",
       "items": {
        "anyOf": [
         {
          "type": "object",
          "required": [
           "vulnerability_id"
          ],
          "properties": {
           "vulnerability_id": {
            "type": "string"
           }
          }
         },
         {
          "type": "string"
         }
        ]
       }
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    }
   }
  }
 },
 {
  "name": "close_finding",
  "permission": "finding_mgmt",
  "effect": "transition",
  "annotations": {
   "title": "Close a finding",
   "readOnlyHint": false,
   "destructiveHint": true,
   "idempotentHint": false,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "finding_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_findings."
    },
    "reason": {
     "type": "string",
     "enum": [
      "duplicate",
      "false_positive",
      "mitigated",
      "out_of_scope"
     ],
     "description": "mitigated = fixed."
    },
    "note": {
     "type": "string",
     "maxLength": 10000,
     "description": "Why; kept as a note."
    }
   },
   "required": [
    "finding_id",
    "reason"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id"
   ],
   "properties": {
    "id": {
     "type": "integer"
    },
    "test_id": {
     "type": "integer"
    },
    "title": {
     "type": "string",
     "untrusted": true
    },
    "severity": {
     "anyOf": [
      {
       "const": "Critical",
       "type": "string"
      },
      {
       "const": "High",
       "type": "string"
      },
      {
       "const": "Medium",
       "type": "string"
      },
      {
       "const": "Low",
       "type": "string"
      },
      {
       "const": "Info",
       "type": "string"
      }
     ]
    },
    "description": {
     "type": "string",
     "untrusted": true
    },
    "active": {
     "type": "boolean"
    },
    "verified": {
     "type": "boolean"
    },
    "mitigated": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "is_mitigated": {
     "type": "boolean"
    },
    "out_of_scope": {
     "type": "boolean"
    },
    "false_p": {
     "type": "boolean"
    },
    "duplicate": {
     "type": "boolean"
    },
    "risk_accepted": {
     "type": "boolean"
    },
    "cwe": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "cvssv3_score": {
     "anyOf": [
      {
       "type": "number"
      },
      {
       "type": "null"
      }
     ]
    },
    "component_name": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "component_version": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "file_path": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "line": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "tags": {
     "anyOf": [
      {
       "type": "array",
       "items": {
        "type": "string"
       }
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "vulnerability_ids": {
     "anyOf": [
      {
       "type": "array",
       "items": {
        "anyOf": [
         {
          "type": "object",
          "required": [
           "vulnerability_id"
          ],
          "properties": {
           "vulnerability_id": {
            "type": "string"
           }
          }
         },
         {
          "type": "string"
         }
        ]
       }
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "_warning": {
     "type": "object",
     "required": [
      "message",
      "finding_id"
     ],
     "properties": {
      "message": {
       "type": "string"
      },
      "note_attach_failed": {
       "const": true,
       "type": "boolean"
      },
      "read_back_failed": {
       "const": true,
       "type": "boolean"
      },
      "finding_id": {
       "type": "integer"
      }
     }
    }
   }
  }
 },
 {
  "name": "reopen_finding",
  "permission": "engagement_mgmt",
  "effect": "transition",
  "annotations": {
   "title": "Reopen a finding",
   "readOnlyHint": false,
   "destructiveHint": true,
   "idempotentHint": false,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "finding_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_findings."
    },
    "note": {
     "type": "string",
     "maxLength": 10000,
     "description": "Why; kept as a note."
    }
   },
   "required": [
    "finding_id"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id"
   ],
   "properties": {
    "id": {
     "type": "integer"
    },
    "test_id": {
     "type": "integer"
    },
    "title": {
     "type": "string",
     "untrusted": true
    },
    "severity": {
     "anyOf": [
      {
       "const": "Critical",
       "type": "string"
      },
      {
       "const": "High",
       "type": "string"
      },
      {
       "const": "Medium",
       "type": "string"
      },
      {
       "const": "Low",
       "type": "string"
      },
      {
       "const": "Info",
       "type": "string"
      }
     ]
    },
    "description": {
     "type": "string",
     "untrusted": true
    },
    "active": {
     "type": "boolean"
    },
    "verified": {
     "type": "boolean"
    },
    "mitigated": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "is_mitigated": {
     "type": "boolean"
    },
    "out_of_scope": {
     "type": "boolean"
    },
    "false_p": {
     "type": "boolean"
    },
    "duplicate": {
     "type": "boolean"
    },
    "risk_accepted": {
     "type": "boolean"
    },
    "cwe": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "cvssv3_score": {
     "anyOf": [
      {
       "type": "number"
      },
      {
       "type": "null"
      }
     ]
    },
    "component_name": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "component_version": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "file_path": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "line": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "tags": {
     "anyOf": [
      {
       "type": "array",
       "items": {
        "type": "string"
       }
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "vulnerability_ids": {
     "anyOf": [
      {
       "type": "array",
       "items": {
        "anyOf": [
         {
          "type": "object",
          "required": [
           "vulnerability_id"
          ],
          "properties": {
           "vulnerability_id": {
            "type": "string"
           }
          }
         },
         {
          "type": "string"
         }
        ]
       }
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    },
    "_warning": {
     "type": "object",
     "required": [
      "message",
      "finding_id"
     ],
     "properties": {
      "message": {
       "type": "string"
      },
      "note_attach_failed": {
       "const": true,
       "type": "boolean"
      },
      "read_back_failed": {
       "const": true,
       "type": "boolean"
      },
      "finding_id": {
       "type": "integer"
      }
     }
    }
   }
  }
 },
 {
  "name": "add_finding_note",
  "permission": "finding_mgmt",
  "effect": "create",
  "annotations": {
   "title": "Add a note to a finding",
   "readOnlyHint": false,
   "destructiveHint": false,
   "idempotentHint": false,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "finding_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_findings."
    },
    "entry": {
     "type": "string",
     "maxLength": 10000,
     "description": "What to record; not blank."
    },
    "private": {
     "type": "boolean",
     "default": false,
     "description": "Hide it from reports."
    }
   },
   "required": [
    "finding_id",
    "entry"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "id",
    "entry",
    "private",
    "date",
    "author"
   ],
   "properties": {
    "id": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "entry": {
     "type": "string",
     "untrusted": true
    },
    "private": {
     "type": "boolean"
    },
    "date": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "author": {
     "anyOf": [
      {
       "anyOf": [
        {
         "type": "object",
         "required": [
          "id",
          "username",
          "first_name",
          "last_name"
         ],
         "properties": {
          "id": {
           "anyOf": [
            {
             "type": "integer"
            },
            {
             "type": "null"
            }
           ]
          },
          "username": {
           "anyOf": [
            {
             "type": "string"
            },
            {
             "type": "null"
            }
           ]
          },
          "first_name": {
           "anyOf": [
            {
             "type": "string"
            },
            {
             "type": "null"
            }
           ]
          },
          "last_name": {
           "anyOf": [
            {
             "type": "string"
            },
            {
             "type": "null"
            }
           ]
          }
         }
        },
        {
         "type": "string"
        }
       ]
      },
      {
       "type": "null"
      }
     ],
     "untrusted": true
    }
   }
  }
 },
 {
  "name": "list_finding_notes",
  "permission": "metadata_read",
  "effect": "read",
  "annotations": {
   "title": "List notes of a finding",
   "readOnlyHint": true,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "finding_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_findings."
    }
   },
   "required": [
    "finding_id"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "items",
    "pagination"
   ],
   "properties": {
    "items": {
     "type": "array",
     "items": {
      "type": "object",
      "required": [
       "id",
       "entry",
       "private",
       "date",
       "author"
      ],
      "properties": {
       "id": {
        "anyOf": [
         {
          "type": "integer"
         },
         {
          "type": "null"
         }
        ]
       },
       "entry": {
        "type": "string",
        "untrusted": true
       },
       "private": {
        "type": "boolean"
       },
       "date": {
        "anyOf": [
         {
          "type": "string"
         },
         {
          "type": "null"
         }
        ]
       },
       "author": {
        "anyOf": [
         {
          "anyOf": [
           {
            "type": "object",
            "required": [
             "id",
             "username",
             "first_name",
             "last_name"
            ],
            "properties": {
             "id": {
              "anyOf": [
               {
                "type": "integer"
               },
               {
                "type": "null"
               }
              ]
             },
             "username": {
              "anyOf": [
               {
                "type": "string"
               },
               {
                "type": "null"
               }
              ]
             },
             "first_name": {
              "anyOf": [
               {
                "type": "string"
               },
               {
                "type": "null"
               }
              ]
             },
             "last_name": {
              "anyOf": [
               {
                "type": "string"
               },
               {
                "type": "null"
               }
              ]
             }
            }
           },
           {
            "type": "string"
           }
          ]
         },
         {
          "type": "null"
         }
        ],
        "untrusted": true
       }
      }
     }
    },
    "pagination": {
     "type": "object",
     "required": [
      "count",
      "offset",
      "limit",
      "has_next"
     ],
     "properties": {
      "count": {
       "type": "integer"
      },
      "offset": {
       "type": "integer"
      },
      "limit": {
       "type": "integer"
      },
      "has_next": {
       "type": "boolean"
      }
     }
    }
   }
  }
 },
 {
  "name": "add_finding_tags",
  "permission": "finding_mgmt",
  "effect": "add",
  "annotations": {
   "title": "Add tags to a finding",
   "readOnlyHint": false,
   "destructiveHint": false,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "finding_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_findings."
    },
    "tags": {
     "type": "array",
     "items": {
      "type": "string",
      "minLength": 1,
      "maxLength": 200,
      "pattern": "^[A-Za-z0-9._:/+-]+$"
     },
     "minItems": 1,
     "maxItems": 100,
     "description": "Letters, digits and ._:/+- only."
    }
   },
   "required": [
    "finding_id",
    "tags"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "tags"
   ],
   "properties": {
    "tags": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "untrusted": true
    }
   }
  }
 },
 {
  "name": "remove_finding_tags",
  "permission": "finding_mgmt",
  "effect": "change",
  "annotations": {
   "title": "Remove tags from a finding",
   "readOnlyHint": false,
   "destructiveHint": true,
   "idempotentHint": true,
   "openWorldHint": true
  },
  "input": {
   "type": "object",
   "properties": {
    "finding_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Id from list_findings."
    },
    "tags": {
     "type": "array",
     "items": {
      "type": "string",
      "maxLength": 255
     },
     "minItems": 1,
     "maxItems": 100,
     "description": "Tags it has."
    }
   },
   "required": [
    "finding_id",
    "tags"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "tags"
   ],
   "properties": {
    "tags": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "untrusted": true
    }
   }
  }
 },
 {
  "name": "import_scan",
  "permission": "scan_mgmt",
  "effect": "transition",
  "annotations": {
   "title": "Import a scan report",
   "readOnlyHint": false,
   "destructiveHint": true,
   "idempotentHint": false,
   "openWorldHint": false
  },
  "input": {
   "type": "object",
   "properties": {
    "scan_type": {
     "type": "string",
     "minLength": 1,
     "maxLength": 200,
     "description": "DefectDojo's exact name of the report format, e.g. 'SARIF', 'Bandit Scan', 'Trivy Scan', 'Semgrep JSON Report', 'Generic Findings Import'."
    },
    "file": {
     "type": "string",
     "contentEncoding": "base64",
     "minLength": 4,
     "maxLength": 69905068,
     "description": "The report as base64, at most 50 MiB; or use content."
    },
    "content": {
     "type": "string",
     "minLength": 1,
     "maxLength": 52428800,
     "description": "The report as plain text, at most 50 MiB; or use file."
    },
    "file_name": {
     "type": "string",
     "minLength": 1,
     "maxLength": 255,
     "description": "With extension: xml, csv, json, jsonl, sarif, html, txt, nessus, fpr, zip, xlsx, log, md."
    },
    "product_name": {
     "type": "string",
     "maxLength": 200,
     "description": "Product to import into; needs engagement_name."
    },
    "engagement_name": {
     "type": "string",
     "maxLength": 200,
     "description": "Engagement to import into; the newest so named."
    },
    "auto_create_context": {
     "type": "boolean",
     "default": true,
     "description": "Create a missing product, engagement or product type."
    },
    "close_old_findings": {
     "type": "boolean",
     "default": false,
     "description": "Close findings of this scan_type in the engagement that the report lacks."
    },
    "deduplication_on_engagement": {
     "type": "boolean",
     "default": true,
     "description": "A created engagement looks for duplicates only within itself."
    },
    "product_type_name": {
     "type": "string",
     "maxLength": 200,
     "description": "Needed when the product must be created."
    },
    "active": {
     "type": "boolean",
     "description": "Force open or not; unset: as the report says."
    },
    "verified": {
     "type": "boolean",
     "description": "Force verified or not; unset: as the report says."
    },
    "minimum_severity": {
     "type": "string",
     "enum": [
      "Critical",
      "High",
      "Medium",
      "Low",
      "Info"
     ],
     "description": "Drop findings below it."
    },
    "push_to_jira": {
     "type": "boolean",
     "default": false,
     "description": "Create JIRA issues."
    },
    "version": {
     "type": "string",
     "maxLength": 100,
     "description": "Version that was scanned."
    },
    "branch_tag": {
     "type": "string",
     "maxLength": 200,
     "description": "Branch or tag that was scanned."
    },
    "commit_hash": {
     "type": "string",
     "maxLength": 64,
     "description": "Commit that was scanned."
    },
    "build_id": {
     "type": "string",
     "maxLength": 200,
     "description": "Build that was scanned."
    },
    "tags": {
     "type": "array",
     "items": {
      "type": "string",
      "minLength": 1,
      "maxLength": 200,
      "pattern": "^[A-Za-z0-9._:/+-]+$"
     },
     "maxItems": 100,
     "description": "Tags of the test, stored in lower case. Letters, digits, ._:/+-"
    },
    "group_by": {
     "type": "string",
     "maxLength": 200,
     "description": "Group findings by component_name, component_name+component_version, file_path, finding_title or vuln_id_from_tool."
    }
   },
   "required": [
    "scan_type",
    "file_name"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "test",
    "test_id",
    "engagement_id",
    "product_id",
    "findings_affected",
    "scan_type",
    "findings_count",
    "created",
    "closed",
    "reactivated",
    "untouched",
    "statistics"
   ],
   "properties": {
    "test": {
     "type": "integer"
    },
    "test_id": {
     "type": "integer"
    },
    "engagement_id": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "product_id": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "findings_affected": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "scan_type": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "findings_count": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "created": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "closed": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "reactivated": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "untouched": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "statistics": {
     "type": "object",
     "required": [
      "before",
      "delta",
      "after"
     ],
     "properties": {
      "before": {
       "anyOf": [
        {
         "type": "object",
         "required": [
          "critical",
          "high",
          "medium",
          "low",
          "info",
          "total"
         ],
         "properties": {
          "critical": {
           "type": "integer"
          },
          "high": {
           "type": "integer"
          },
          "medium": {
           "type": "integer"
          },
          "low": {
           "type": "integer"
          },
          "info": {
           "type": "integer"
          },
          "total": {
           "type": "integer"
          }
         }
        },
        {
         "type": "null"
        }
       ]
      },
      "delta": {
       "anyOf": [
        {
         "type": "object",
         "required": [
          "created",
          "closed",
          "reactivated",
          "untouched"
         ],
         "properties": {
          "created": {
           "type": "object",
           "required": [
            "critical",
            "high",
            "medium",
            "low",
            "info",
            "total"
           ],
           "properties": {
            "critical": {
             "type": "integer"
            },
            "high": {
             "type": "integer"
            },
            "medium": {
             "type": "integer"
            },
            "low": {
             "type": "integer"
            },
            "info": {
             "type": "integer"
            },
            "total": {
             "type": "integer"
            }
           }
          },
          "closed": {
           "type": "object",
           "required": [
            "critical",
            "high",
            "medium",
            "low",
            "info",
            "total"
           ],
           "properties": {
            "critical": {
             "type": "integer"
            },
            "high": {
             "type": "integer"
            },
            "medium": {
             "type": "integer"
            },
            "low": {
             "type": "integer"
            },
            "info": {
             "type": "integer"
            },
            "total": {
             "type": "integer"
            }
           }
          },
          "reactivated": {
           "type": "object",
           "required": [
            "critical",
            "high",
            "medium",
            "low",
            "info",
            "total"
           ],
           "properties": {
            "critical": {
             "type": "integer"
            },
            "high": {
             "type": "integer"
            },
            "medium": {
             "type": "integer"
            },
            "low": {
             "type": "integer"
            },
            "info": {
             "type": "integer"
            },
            "total": {
             "type": "integer"
            }
           }
          },
          "untouched": {
           "type": "object",
           "required": [
            "critical",
            "high",
            "medium",
            "low",
            "info",
            "total"
           ],
           "properties": {
            "critical": {
             "type": "integer"
            },
            "high": {
             "type": "integer"
            },
            "medium": {
             "type": "integer"
            },
            "low": {
             "type": "integer"
            },
            "info": {
             "type": "integer"
            },
            "total": {
             "type": "integer"
            }
           }
          }
         }
        },
        {
         "type": "null"
        }
       ]
      },
      "after": {
       "anyOf": [
        {
         "type": "object",
         "required": [
          "critical",
          "high",
          "medium",
          "low",
          "info",
          "total"
         ],
         "properties": {
          "critical": {
           "type": "integer"
          },
          "high": {
           "type": "integer"
          },
          "medium": {
           "type": "integer"
          },
          "low": {
           "type": "integer"
          },
          "info": {
           "type": "integer"
          },
          "total": {
           "type": "integer"
          }
         }
        },
        {
         "type": "null"
        }
       ]
      }
     }
    },
    "_warning": {
     "type": "object",
     "required": [
      "message",
      "nothing_imported"
     ],
     "properties": {
      "message": {
       "type": "string"
      },
      "nothing_imported": {
       "const": true,
       "type": "boolean"
      }
     }
    }
   }
  }
 },
 {
  "name": "reimport_scan",
  "permission": "scan_mgmt",
  "effect": "transition",
  "annotations": {
   "title": "Update a test with a newer scan report",
   "readOnlyHint": false,
   "destructiveHint": true,
   "idempotentHint": false,
   "openWorldHint": false
  },
  "input": {
   "type": "object",
   "properties": {
    "scan_type": {
     "type": "string",
     "minLength": 1,
     "maxLength": 200,
     "description": "DefectDojo's exact name of the report format, e.g. 'SARIF', 'Bandit Scan', 'Trivy Scan', 'Semgrep JSON Report', 'Generic Findings Import'."
    },
    "file": {
     "type": "string",
     "contentEncoding": "base64",
     "minLength": 4,
     "maxLength": 69905068,
     "description": "The report as base64, at most 50 MiB; or use content."
    },
    "content": {
     "type": "string",
     "minLength": 1,
     "maxLength": 52428800,
     "description": "The report as plain text, at most 50 MiB; or use file."
    },
    "file_name": {
     "type": "string",
     "minLength": 1,
     "maxLength": 255,
     "description": "With extension: xml, csv, json, jsonl, sarif, html, txt, nessus, fpr, zip, xlsx, log, md."
    },
    "product_name": {
     "type": "string",
     "maxLength": 200,
     "description": "Product to import into; needs engagement_name."
    },
    "engagement_name": {
     "type": "string",
     "maxLength": 200,
     "description": "Engagement to import into; the newest so named."
    },
    "auto_create_context": {
     "type": "boolean",
     "default": true,
     "description": "Create a missing product, engagement or product type."
    },
    "close_old_findings": {
     "type": "boolean",
     "default": true,
     "description": "Close findings of this test that the report lacks."
    },
    "deduplication_on_engagement": {
     "type": "boolean",
     "default": true,
     "description": "A created engagement looks for duplicates only within itself."
    },
    "product_type_name": {
     "type": "string",
     "maxLength": 200,
     "description": "Needed when the product must be created."
    },
    "active": {
     "type": "boolean",
     "description": "Force open or not; unset: as the report says."
    },
    "verified": {
     "type": "boolean",
     "description": "Force verified or not; unset: as the report says."
    },
    "minimum_severity": {
     "type": "string",
     "enum": [
      "Critical",
      "High",
      "Medium",
      "Low",
      "Info"
     ],
     "description": "Drop findings below it."
    },
    "push_to_jira": {
     "type": "boolean",
     "default": false,
     "description": "Create JIRA issues."
    },
    "version": {
     "type": "string",
     "maxLength": 100,
     "description": "Version that was scanned."
    },
    "branch_tag": {
     "type": "string",
     "maxLength": 200,
     "description": "Branch or tag that was scanned."
    },
    "commit_hash": {
     "type": "string",
     "maxLength": 64,
     "description": "Commit that was scanned."
    },
    "build_id": {
     "type": "string",
     "maxLength": 200,
     "description": "Build that was scanned."
    },
    "tags": {
     "type": "array",
     "items": {
      "type": "string",
      "minLength": 1,
      "maxLength": 200,
      "pattern": "^[A-Za-z0-9._:/+-]+$"
     },
     "maxItems": 100,
     "description": "Tags of the test, stored in lower case. Letters, digits, ._:/+-"
    },
    "group_by": {
     "type": "string",
     "maxLength": 200,
     "description": "Group findings by component_name, component_name+component_version, file_path, finding_title or vuln_id_from_tool."
    },
    "test_id": {
     "type": "integer",
     "minimum": 1,
     "maximum": 2147483647,
     "description": "Test to update, from list_tests."
    },
    "do_not_reactivate": {
     "type": "boolean",
     "default": false,
     "description": "Leave closed findings closed when they come back."
    }
   },
   "required": [
    "scan_type",
    "file_name"
   ],
   "additionalProperties": false
  },
  "output": {
   "type": "object",
   "required": [
    "test",
    "test_id",
    "engagement_id",
    "product_id",
    "findings_affected",
    "scan_type",
    "findings_count",
    "created",
    "closed",
    "reactivated",
    "untouched",
    "statistics"
   ],
   "properties": {
    "test": {
     "type": "integer"
    },
    "test_id": {
     "type": "integer"
    },
    "engagement_id": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "product_id": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "findings_affected": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "scan_type": {
     "anyOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "findings_count": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "created": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "closed": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "reactivated": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "untouched": {
     "anyOf": [
      {
       "type": "integer"
      },
      {
       "type": "null"
      }
     ]
    },
    "statistics": {
     "type": "object",
     "required": [
      "before",
      "delta",
      "after"
     ],
     "properties": {
      "before": {
       "anyOf": [
        {
         "type": "object",
         "required": [
          "critical",
          "high",
          "medium",
          "low",
          "info",
          "total"
         ],
         "properties": {
          "critical": {
           "type": "integer"
          },
          "high": {
           "type": "integer"
          },
          "medium": {
           "type": "integer"
          },
          "low": {
           "type": "integer"
          },
          "info": {
           "type": "integer"
          },
          "total": {
           "type": "integer"
          }
         }
        },
        {
         "type": "null"
        }
       ]
      },
      "delta": {
       "anyOf": [
        {
         "type": "object",
         "required": [
          "created",
          "closed",
          "reactivated",
          "untouched"
         ],
         "properties": {
          "created": {
           "type": "object",
           "required": [
            "critical",
            "high",
            "medium",
            "low",
            "info",
            "total"
           ],
           "properties": {
            "critical": {
             "type": "integer"
            },
            "high": {
             "type": "integer"
            },
            "medium": {
             "type": "integer"
            },
            "low": {
             "type": "integer"
            },
            "info": {
             "type": "integer"
            },
            "total": {
             "type": "integer"
            }
           }
          },
          "closed": {
           "type": "object",
           "required": [
            "critical",
            "high",
            "medium",
            "low",
            "info",
            "total"
           ],
           "properties": {
            "critical": {
             "type": "integer"
            },
            "high": {
             "type": "integer"
            },
            "medium": {
             "type": "integer"
            },
            "low": {
             "type": "integer"
            },
            "info": {
             "type": "integer"
            },
            "total": {
             "type": "integer"
            }
           }
          },
          "reactivated": {
           "type": "object",
           "required": [
            "critical",
            "high",
            "medium",
            "low",
            "info",
            "total"
           ],
           "properties": {
            "critical": {
             "type": "integer"
            },
            "high": {
             "type": "integer"
            },
            "medium": {
             "type": "integer"
            },
            "low": {
             "type": "integer"
            },
            "info": {
             "type": "integer"
            },
            "total": {
             "type": "integer"
            }
           }
          },
          "untouched": {
           "type": "object",
           "required": [
            "critical",
            "high",
            "medium",
            "low",
            "info",
            "total"
           ],
           "properties": {
            "critical": {
             "type": "integer"
            },
            "high": {
             "type": "integer"
            },
            "medium": {
             "type": "integer"
            },
            "low": {
             "type": "integer"
            },
            "info": {
             "type": "integer"
            },
            "total": {
             "type": "integer"
            }
           }
          }
         }
        },
        {
         "type": "null"
        }
       ]
      },
      "after": {
       "anyOf": [
        {
         "type": "object",
         "required": [
          "critical",
          "high",
          "medium",
          "low",
          "info",
          "total"
         ],
         "properties": {
          "critical": {
           "type": "integer"
          },
          "high": {
           "type": "integer"
          },
          "medium": {
           "type": "integer"
          },
          "low": {
           "type": "integer"
          },
          "info": {
           "type": "integer"
          },
          "total": {
           "type": "integer"
          }
         }
        },
        {
         "type": "null"
        }
       ]
      }
     }
    },
    "_warning": {
     "type": "object",
     "required": [
      "message",
      "nothing_imported"
     ],
     "properties": {
      "message": {
       "type": "string"
      },
      "nothing_imported": {
       "const": true,
       "type": "boolean"
      }
     }
    }
   }
  }
 }
]
`
