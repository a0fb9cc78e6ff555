# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The Spin model of lane, fold and commit, docs/design/0006-model.md: searched in full, and each known mistake refuted.

set(model ${CMAKE_CURRENT_LIST_DIR}/model)

function(flopmeter_add_model name)
  add_test(NAME ${name} COMMAND sh ${model}/check.sh ${model}/lane.pml ${CMAKE_CURRENT_BINARY_DIR}/${name} ${ARGN})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 7200 ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
endfunction()

if(NOT FLOPMETER_SANITIZE)
  flopmeter_add_model(model_lane good)
  foreach(mistake HEAD_BEFORE_COMMIT TWO_RECORDS CLOSE_BEFORE_TALLY COUNT_BEFORE_SAMPLE NO_ZEROING DELTA_TWICE DOUBLE_IN_PLACE
      ONE_TRY CELL_WITHOUT_EPOCH EMPTIED_BEFORE_CELL EPOCH_BEFORE_COUNT COUNT_BEFORE_FOLDED EPOCH_THEN_COUNT TALLY_NOT_AGAIN
      CELL_BEFORE_JOURNAL)
    string(TOLOWER model_refutes_${mistake} name)
    flopmeter_add_model(${name} bad ${mistake})
  endforeach()
endif()
